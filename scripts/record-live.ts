/** Writes data/live/recordings.json: what the page that runs models in the browser shows where it cannot (`node scripts/record-live.ts`). */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type LiveModelEntry,
  type LiveRecordings,
  liveModelsSchema,
  type RecordedLane,
} from '../data/live/schema.ts';
import { createOnnxEngine } from '../eval/engines/onnx/engine.ts';
import { compare, type LaneResult } from '../eval/live/comparison.ts';
import { openLiveFolder } from '../eval/live/open-folder.ts';

const DATA = join(import.meta.dirname, '..', 'data');
const RECIPES = ['fp16', 'rtn-w4g64', 'rtn-w3g64', 'rtn-w2g64'];
const NEW_TOKENS = 64;

const engine = await createOnnxEngine();
const { models } = liveModelsSchema.parse(JSON.parse(readFileSync(join(DATA, 'live/models.json'), 'utf8')));
const recorded: LiveRecordings['models'] = [];
for (const model of models) recorded.push(await record(model));
const head = {
  schema: 1 as const,
  command: 'node scripts/record-live.ts',
  engine: engineFacts(),
  max_new_tokens: NEW_TOKENS,
};
writeFileSync(join(DATA, 'live/recordings.json'), written({ ...head, models: recorded }));
await engine.close();

function engineFacts() {
  const { id, version, provider } = engine.info;
  return { id, version, provider };
}

async function record({
  id,
  sentence,
  examples,
  packed,
}: LiveModelEntry): Promise<LiveRecordings['models'][number]> {
  const folder = join(DATA, 'models', id);
  const live = await openLiveFolder(engine, folder);
  for (const recipe of packed)
    await live.takePacked(recipe, readFileSync(join(DATA, 'live/packed', `${id}.${recipe}.safetensors`)));
  const recipes = [...RECIPES, ...packed];
  const made = [];
  for (const { prompt } of examples) {
    const request = { recipes, prompt, sentence, maxNewTokens: NEW_TOKENS, temperature: 0, seed: 0 };
    made.push({ prompt, lanes: (await compare(live, request)).map(lane) });
  }
  const weights = readFileSync(join(folder, 'model.safetensors'));
  return { id, weights_sha256: createHash('sha256').update(weights).digest('hex'), sentence, examples: made };
}

/** Digits beyond the sixth differ from machine to machine. */
function lane({ recipe, bitsPerWeight, sizeBytes, tokens, pieces, ...measured }: LaneResult): RecordedLane {
  const digits = (value: number) => Number(value.toPrecision(6));
  return {
    recipe,
    bits_per_weight: bitsPerWeight,
    size_bytes: sizeBytes,
    tokens: [...tokens],
    pieces: [...pieces],
    same_choice: digits(measured.sameChoice),
    kl_nats: digits(Math.abs(measured.klNats) < 1e-9 ? 0 : measured.klNats),
    repetition: digits(measured.repetition),
    perplexity: digits(measured.perplexity!),
  };
}

/** One lane a line. */
function written(file: LiveRecordings): string {
  const lanes: string[] = [];
  const held = JSON.stringify(
    file,
    (key, value) =>
      key === 'lanes'
        ? `@${lanes.push(`[\n${value.map((one: RecordedLane) => `            ${JSON.stringify(one)}`).join(',\n')}\n          ]`) - 1}@`
        : value,
    2,
  );
  return `${held.replace(/"@(\d+)@"/g, (_, at) => lanes[Number(at)]!)}\n`;
}
