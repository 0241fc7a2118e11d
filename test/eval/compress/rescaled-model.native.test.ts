/** A compressed model whose norms and routers took up factors: what it reads as, what it weighs, how it is gone on with. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseRecipe } from '../../../data/recipe.ts';
import { type CompressedModel, compressModel } from '../../../eval/compress.ts';
import type { Engine } from '../../../eval/engines/engine.ts';
import { createOnnxEngine } from '../../../eval/engines/onnx/engine.ts';
import { routersOf } from '../../../eval/families/linears.ts';
import { packedBytes } from '../../../eval/formats/format.ts';
import { relativeError } from '../engines/compare.ts';
import { otherModel } from '../engines/tiny-others.ts';

const { architecture, weights, tensors } = otherModel('qwen2-moe, biases and a shared expert');
const sequences = Array.from({ length: 8 }, (_, s) =>
  Array.from({ length: 20 }, (_, t) => (7 * s + 3 * t) % 97),
);
const RECIPE = 'smoothquant-w8';

let folder: string;
let engine: Engine;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bitloss-smooth-'));
  engine = await createOnnxEngine({ threads: 1 });
});
afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

const compress = (name: string): Promise<CompressedModel> =>
  compressModel({
    ...{ architecture, weights, parameters: 100_000, recipe: parseRecipe(RECIPE), log: () => {} },
    folder: join(folder, name),
    calibration: { engine, sequences, workspaceBytes: 1 << 24 },
  });

test('norms, routers and gates are read as they are now, whichever way', async () => {
  const model = await compress('read');
  const [block] = architecture.blocks;
  const norm = block!.feedForwardNorms.before!.tensor;
  const factors = (await model.tensor(norm)).map((value, k) => tensors.get(norm)![k]! / value);
  expect(Math.max(...factors) / Math.min(...factors)).toBeGreaterThan(1.5);
  for (const router of routersOf(block!)) {
    const original = tensors.get(router.tensor)!;
    const expected = original.map((value, i) => value * factors[i % router.inFeatures]!);
    const found = await model.linear(router);
    expect(relativeError(found, expected)).toBeLessThan(1e-6);
    expect(await model.tensor(router.tensor)).toEqual(found);
    expect(await model.slice(router.tensor, 0, 1)).toEqual(found.slice(0, router.inFeatures));
    const last = router.outFeatures - 1;
    expect(await model.rows(router.tensor, Int32Array.of(last))).toEqual(
      found.slice(last * router.inFeatures),
    );
  }
  const loaded = await engine.load(architecture, model, { workspaceBytes: 1 << 24 });
  const original = await engine.load(architecture, weights, { workspaceBytes: 1 << 24 });
  expect(
    relativeError(await loaded.logits(sequences[0]!), await original.logits(sequences[0]!)),
  ).toBeLessThan(0.1);
});

test('what replaced tensors take beyond 16 bits is counted', async () => {
  const model = await compress('counted');
  let bytes = 0;
  for (const { name } of model.linears) bytes += packedBytes(await model.packed(name));
  const replaced = architecture.blocks.flatMap((block) => [
    ...[block.mixerNorms.before!.tensor, block.feedForwardNorms.before!.tensor].map(
      () => architecture.hiddenSize,
    ),
    ...routersOf(block).map(({ outFeatures, inFeatures }) => outFeatures * inFeatures),
  ]);
  const added = 2 * replaced.reduce((sum, count) => sum + count, 0);
  expect(model.size.packedBytes).toBe(bytes + added);
});

test('a run goes on after the last finished block and gives the same bytes', async () => {
  await compress('whole');
  await compress('again');
  const names = (await readdir(join(folder, 'whole'))).sort();
  await rm(join(folder, 'again', names.at(-1)!));
  await compress('again');
  for (const name of names)
    expect(await readFile(join(folder, 'again', name))).toEqual(await readFile(join(folder, 'whole', name)));
});
