/**
 * Writes data/live/packed/ and data/live/packed.json: codes of the methods that a browser cannot calibrate, for the page that
 * runs models in the browser (`node scripts/pack-live.ts`). The same command gives the same bytes on the same kind of CPU.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LivePacked, liveModelsSchema, livePackedSchema } from '../data/live/schema.ts';
import { openCalibrationText, sampleLength } from '../eval/calibration.ts';
import { sweepSchema } from '../eval/config.ts';
import { createOnnxEngine } from '../eval/engines/onnx/engine.ts';
import { describeModel } from '../eval/families/index.ts';
import { packRecipe } from '../eval/live/pack-recipe.ts';

const DATA = join(import.meta.dirname, '..', 'data');
const PACKED = join(DATA, 'live/packed');

// As a run without flags calibrates, so that the codes are those of the recipe on the board.
const { calibration: wanted, seed } = sweepSchema.parse({});
const text = await openCalibrationText(wanted.text, null);
// On one thread sums are formed in one order.
const engine = await createOnnxEngine({ threads: 1 });
const { models } = liveModelsSchema.parse(JSON.parse(readFileSync(join(DATA, 'live/models.json'), 'utf8')));
rmSync(PACKED, { recursive: true, force: true });
mkdirSync(PACKED, { recursive: true });
const files: LivePacked['files'] = [];
for (const { id, packed } of models) for (const recipe of packed) files.push(await pack(id, recipe));
const { id, version, provider } = engine.info;
const command = 'node scripts/pack-live.ts';
const manifest = livePackedSchema.parse({ schema: 1, command, engine: { id, version, provider }, files });
writeFileSync(join(DATA, 'live/packed.json'), `${JSON.stringify(manifest, null, 2)}\n`);
await engine.close();

async function pack(model: string, recipe: string): Promise<LivePacked['files'][number]> {
  const folder = join(DATA, 'models', model);
  const { maxPositions } = describeModel(
    JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')),
    model,
  );
  const { samples, mode } = wanted;
  const length = sampleLength(wanted.length, maxPositions);
  const calibration = { text: text.name, sha256: text.sha256, samples, length, seed, mode };
  const name = `${model}.${recipe}.safetensors`;
  const target = join(PACKED, name);
  const bits = await packRecipe({ engine, folder, recipe, text, calibration, target });
  const { bytes, sha256 } = hashed(target);
  const { sha256: weights } = hashed(join(folder, 'model.safetensors'));
  console.log(`${name}: ${bits} bits a weight, ${bytes} bytes.`);
  return { model, recipe, name, bytes, sha256, weights_sha256: weights, bits_per_weight: bits, calibration };
}

function hashed(file: string) {
  const bytes = readFileSync(file);
  return { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}
