/** Codes made in advance: those that are committed, those that the pipeline makes, and those that are damaged. */
import { createHash } from 'node:crypto';
import { globSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { liveModelsSchema, livePackedSchema } from '../../../data/live/schema.ts';
import { parseRecipe } from '../../../data/recipe.ts';
import { drawSamples } from '../../../eval/calibration.ts';
import { openCheckpoint } from '../../../eval/checkpoint/checkpoint.ts';
import { parameterCount } from '../../../eval/checkpoint/expected-tensors.ts';
import { bytesInMemory } from '../../../eval/checkpoint/safetensors.ts';
import { readBlock } from '../../../eval/compress/stored-block.ts';
import { compressModel } from '../../../eval/compress.ts';
import type { Engine } from '../../../eval/engines/engine.ts';
import { createOnnxEngine } from '../../../eval/engines/onnx/engine.ts';
import { linearsOf } from '../../../eval/families/linears.ts';
import { openLiveFolder } from '../../../eval/live/open-folder.ts';
import { packRecipe } from '../../../eval/live/pack-recipe.ts';
import { cpuOperations } from '../../../eval/operations/cpu.ts';
import { trainingDocuments } from '../../../eval/world/index.ts';

const DATA = join(import.meta.dirname, '../../../data');
const SMALL = join(DATA, 'models/bitloss-llama-0.5m');
const json = (path: string): unknown => JSON.parse(readFileSync(join(DATA, path), 'utf8'));
const hashOf = (path: string) =>
  createHash('sha256')
    .update(readFileSync(join(DATA, path)))
    .digest('hex');

let engine: Engine;

beforeAll(async () => {
  engine = await createOnnxEngine({ threads: 1 });
});

afterAll(() => engine.close());

describe('the committed codes', () => {
  const { models } = liveModelsSchema.parse(json('live/models.json'));
  const { files } = livePackedSchema.parse(json('live/packed.json'));

  it('are those that the models ask for, with the content and of the weights that their manifest names', () => {
    const asked = models.flatMap(({ id, packed }) => packed.map((recipe) => `${id}.${recipe}.safetensors`));
    expect(files.map(({ name }) => name)).toEqual(asked);
    expect(readdirSync(join(DATA, 'live/packed')).sort()).toEqual([...asked].sort());
    for (const { model, name, sha256, weights_sha256 } of files) {
      expect(hashOf(`live/packed/${name}`), name).toBe(sha256);
      expect(hashOf(`models/${model}/model.safetensors`), model).toBe(weights_sha256);
    }
    expect(files.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(3e6);
  });

  it('were calibrated as the numbers on the board', () => {
    for (const { model, recipe, calibration } of files) {
      const runs = globSync(`results/bitloss/${model}-*.json`, { cwd: DATA }).map(
        (path) => json(path) as { run: { calibration: object }; recipes: { recipe: string }[] },
      );
      const [measured] = runs.filter(({ recipes }) => recipes.some((one) => one.recipe === recipe));
      expect(measured?.run.calibration, `${model} ${recipe}`).toEqual(calibration);
    }
  });

  it('decode to weights as far from the original ones as the pipeline found them to be', async () => {
    const [{ model, recipe, name, bits_per_weight }] = files;
    const bytes = readFileSync(join(DATA, 'live/packed', name));
    const live = await openLiveFolder(engine, join(DATA, 'models', model));
    await live.takePacked(recipe, bytes);
    const { bitsPerWeight, weights } = await live.variant(recipe);
    expect(bitsPerWeight).toBe(bits_per_weight);
    const original = await live.variant('fp16');
    const block = await readBlock(name, recipe, async () => bytesInMemory(bytes));
    for (const linear of live.architecture.blocks.slice(-1).flatMap(linearsOf)) {
      const { outFeatures: N, inFeatures: K } = linear;
      const dense = { name: linear.name, weight: await original.weights.linear(linear), N, K };
      const found = await cpuOperations.relativeError(dense, (await weights.packedLinear!(linear))!);
      expect(found, linear.name).toBe(block.linears.get(linear.name)!.report.relativeError);
    }
  });
});

describe('packing', () => {
  const recipe = 'gptq-w3g64';
  const calibration = { samples: 6, length: 48, seed: 3 };
  const text = { name: 'short', text: [...trainingDocuments(20, 1)].join('\n\n'), sha256: '' };
  const folder = mkdtempSync(join(tmpdir(), 'packed-'));

  const pack = async (name: string) => {
    const target = join(folder, name);
    await packRecipe({ engine, folder: SMALL, recipe, text, calibration, target });
    return readFileSync(target);
  };

  it('gives the bytes of the pipeline, and the same ones again', async () => {
    const bytes = await pack('first');
    expect((await pack('second')).equals(bytes)).toBe(true);
    const live = await openLiveFolder(engine, SMALL);
    await live.takePacked(recipe, bytes);
    const { weights, sizeBytes } = await live.variant(recipe);
    const checkpoint = await openCheckpoint(SMALL);
    const { architecture, tokenizer } = checkpoint;
    const sequences = drawSamples(text, calibration, tokenizer);
    const compressed = await compressModel({
      ...{ architecture, weights: checkpoint.weights, parameters: parameterCount(architecture) },
      ...{ recipe: parseRecipe(recipe), folder: join(folder, 'blocks'), log: () => undefined },
      calibration: { engine, sequences, workspaceBytes: 1 << 26 },
    });
    expect(sizeBytes).toBe(compressed.size.sizeBytes);
    for (const linear of architecture.blocks.flatMap(linearsOf))
      expect(await weights.linear(linear), linear.name).toEqual(await compressed.linear(linear));
    await checkpoint.close();
  });

  it('is refused where codes are cut off, of another recipe or of another model', async () => {
    const bytes = await pack('sound');
    const live = await openLiveFolder(engine, SMALL);
    const refused = (why: string) => ({
      code: 'live/packed',
      message: expect.stringContaining(`are damaged, or of another model (${why}). Load the page again`),
    });
    await expect(live.takePacked(recipe, bytes.subarray(0, -100))).rejects.toMatchObject(
      refused('safetensors/entries'),
    );
    await expect(live.takePacked('gptq-w2g64', bytes)).rejects.toMatchObject(
      refused('compress/other-recipe'),
    );
    const other = await openLiveFolder(engine, join(DATA, 'models/bitloss-llama-1.5m'));
    await expect(other.takePacked(recipe, bytes)).rejects.toMatchObject(refused('compress/damaged-block'));
    await expect(live.variant(recipe)).rejects.toMatchObject({ code: 'method/unsupported' });
  });
});
