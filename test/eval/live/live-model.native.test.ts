import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { liveRecordingsSchema } from '../../../data/live/schema.ts';
import { parseRecipe } from '../../../data/recipe.ts';
import { openCheckpoint } from '../../../eval/checkpoint/checkpoint.ts';
import { parameterCount } from '../../../eval/checkpoint/expected-tensors.ts';
import { compressModel } from '../../../eval/compress.ts';
import type { Engine } from '../../../eval/engines/engine.ts';
import { createOnnxEngine } from '../../../eval/engines/onnx/engine.ts';
import { linearsOf } from '../../../eval/families/linears.ts';
import { compare } from '../../../eval/live/comparison.ts';
import type { LiveModel } from '../../../eval/live/live-model.ts';
import { openLiveFolder } from '../../../eval/live/open-folder.ts';

const DATA = join(import.meta.dirname, '../../../data');
const SMALL = join(DATA, 'models/bitloss-llama-0.5m');
const request = { maxNewTokens: 12, temperature: 0, seed: 0, sentence: '' };

let engine: Engine;
let live: LiveModel;

beforeAll(async () => {
  engine = await createOnnxEngine({ threads: 1 });
  live = await openLiveFolder(engine, SMALL);
});

afterAll(() => engine.close());

it('compresses to what the pipeline compresses to, to the bit', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'live-'));
  const checkpoint = await openCheckpoint(SMALL);
  const { architecture, weights } = checkpoint;
  const parameters = parameterCount(architecture);
  for (const recipe of ['rtn-w3g64', 'hqq-w2g64']) {
    const options = { architecture, weights, parameters, calibration: null, log: () => undefined };
    const stored = await compressModel({
      ...options,
      recipe: parseRecipe(recipe),
      folder: join(folder, recipe),
    });
    const variant = await live.variant(recipe);
    expect(variant.bitsPerWeight).toBe(stored.size.bitsPerWeight);
    expect(variant.sizeBytes).toBe(stored.size.sizeBytes);
    for (const linear of architecture.blocks.flatMap(linearsOf))
      expect(await variant.weights.packedLinear!(linear), linear.name).toEqual(
        await stored.packed(linear.name),
      );
  }
  await checkpoint.close();
});

it('writes what the recordings say, with the measures they say', async () => {
  const recorded = liveRecordingsSchema.parse(
    JSON.parse(readFileSync(join(DATA, 'live/recordings.json'), 'utf8')),
  );
  const [{ id, sentence, examples }] = recorded.models;
  const model = await openLiveFolder(engine, join(DATA, 'models', id));
  const [{ prompt, lanes }] = examples;
  const inAdvance = lanes.map(({ recipe }) => recipe).filter((recipe) => recipe.startsWith('gptq'));
  expect(inAdvance).toHaveLength(3);
  for (const recipe of inAdvance)
    await model.takePacked(recipe, readFileSync(join(DATA, `live/packed/${id}.${recipe}.safetensors`)));
  const made = await compare(model, {
    ...{ prompt, sentence, temperature: 0, seed: 0, maxNewTokens: recorded.max_new_tokens },
    recipes: lanes.map(({ recipe }) => recipe),
  });
  for (const [i, { tokens, pieces, perplexity, sameChoice, klNats }] of made.entries()) {
    expect(tokens).toEqual(lanes[i].tokens);
    expect(pieces).toEqual(lanes[i].pieces);
    expect(perplexity).toBeCloseTo(lanes[i].perplexity, 2);
    expect(sameChoice).toBeCloseTo(lanes[i].same_choice, 3);
    expect(klNats).toBeCloseTo(lanes[i].kl_nats, 3);
  }
});

describe('a comparison', () => {
  it('tells of every token as it comes, and ends where it is stopped', async () => {
    const told: number[] = [];
    const run = (isStopped: () => boolean) =>
      compare(
        live,
        { ...request, recipes: ['fp16', 'rtn-w2g64'], prompt: 'One morning' },
        { onToken: (lane, { tokens }) => lane === 0 && told.push(tokens.length), isStopped },
      );
    const [whole, other] = await run(() => false);
    expect(told).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    expect(whole.pieces.join('')).toBe(live.tokenizer.decode(whole.tokens));
    expect(whole).toMatchObject({ sameChoice: 1, perplexity: null, bitsPerWeight: 16 });
    expect(other.differs).toEqual(other.tokens.map((token, i) => token !== whole.tokens[i]));
    expect(other.klNats).toBeGreaterThan(0);
    const [stopped] = await run(() => told.length >= 15);
    expect(stopped.tokens).toEqual(whole.tokens.slice(0, 3));
  });

  it('draws the same text from the same seed', async () => {
    const draw = async (seed: number) =>
      (await compare(live, { ...request, recipes: ['fp16'], prompt: 'A', temperature: 1.5, seed }))[0].tokens;
    const first = await draw(1);
    expect(await draw(1)).toEqual(first);
    expect(await draw(2)).not.toEqual(first);
  });

  it('refuses what it cannot do, in words', async () => {
    const run = (change: object) => compare(live, { ...request, recipes: ['fp16'], prompt: 'A', ...change });
    await expect(run({ prompt: '' })).rejects.toMatchObject({ code: 'live/no-prompt' });
    await expect(run({ prompt: 'lemon '.repeat(500) })).rejects.toMatchObject({
      code: 'live/prompt-too-long',
      details: { limit: 512 },
    });
    await expect(run({ recipes: ['gptq-w4g64'] })).rejects.toMatchObject({ code: 'method/unsupported' });
    await expect(run({ recipes: ['rtn-w4g96'] })).rejects.toMatchObject({ code: 'method/group-size' });
  });
});
