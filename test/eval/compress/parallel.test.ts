/** Several recipes in one pass with parallel calibration. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseRecipe } from '../../../data/recipe.ts';
import {
  type CompressedModel,
  type CompressOutcome,
  compressModel,
  compressModels,
} from '../../../eval/compress.ts';
import type { Engine } from '../../../eval/engines/engine.ts';
import { linearsOf } from '../../../eval/families/linears.ts';
import { HessianSum } from '../../../eval/math/hessian.ts';
import { createRng } from '../../../eval/math/rng.ts';
import { gptq } from '../../../eval/methods/gptq.ts';
import { cpuOperations as operations } from '../../../eval/operations/cpu.ts';
import { architecture, fakeEngine, gram, runBlock, weights } from './fake-engine.ts';

const sequences = Array.from({ length: 5 }, (_, s) =>
  Array.from({ length: 6 }, (_, t) => (7 * s + 3 * t) % 32),
);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bitloss-parallel-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A fake engine that counts how often a block runs. */
function countingEngine(): { readonly engine: Engine; readonly runs: number[] } {
  const runs = architecture.blocks.map(() => 0);
  const fake = fakeEngine();
  const engine: Engine = {
    ...fake,
    async load(...given) {
      const model = await fake.load(...given);
      return {
        ...model,
        runBlock(index, ...rest) {
          runs[index]! += 1;
          return model.runBlock(index, ...rest);
        },
      };
    },
  };
  return { engine, runs };
}

const shared = (engine: Engine = fakeEngine()) => ({
  architecture,
  weights,
  parameters: 10_000,
  calibration: { engine, sequences, workspaceBytes: 1 << 20 },
  log: () => undefined,
});

const inOnePass = (ids: readonly string[], at = 'one', options = shared()) =>
  compressModels(
    options,
    ids.map((id) => ({ recipe: parseRecipe(id), folder: join(folder, at, id) })),
  );

const sequential = (id: string) =>
  compressModel({ ...shared(), recipe: parseRecipe(id), folder: join(folder, 'sequential', id) });

function modelOf(outcome: CompressOutcome | undefined): CompressedModel {
  if (outcome === undefined || !('model' in outcome)) throw new Error(JSON.stringify(outcome));
  return outcome.model;
}

const packedOf = (model: CompressedModel, blocks = architecture.blocks) =>
  Promise.all(blocks.flatMap(linearsOf).map(({ name }) => model.packed(name)));

const RECIPES = ['gptq-w2g8', 'gptq-w3g8-actorder', 'rtn-w3g8', 'wanda-s50', 'gptq-w4g8-damp0.1'];

test('a method without data comes out as with sequential calibration', async () => {
  const [outcome] = await inOnePass(['rtn-w3g8']);
  expect(await packedOf(modelOf(outcome))).toEqual(await packedOf(await sequential('rtn-w3g8')));
});

test('the first block of every recipe comes out as with sequential calibration, later ones need not', async () => {
  const outcomes = await inOnePass(RECIPES);
  for (const [i, id] of RECIPES.entries()) {
    const [parallel, exact] = [modelOf(outcomes[i]), await sequential(id)];
    const [first, ...rest] = architecture.blocks;
    expect(await packedOf(parallel, [first!])).toEqual(await packedOf(exact, [first!]));
    if (id === 'gptq-w2g8') expect(await packedOf(parallel, rest)).not.toEqual(await packedOf(exact, rest));
  }
});

test('every block is calibrated on the outputs of the original blocks before it', async () => {
  const model = modelOf((await inOnePass(['gptq-w2g8', 'wanda-s50']))[0]);
  let hidden = await weights.rows(architecture.embedding.tensor, Int32Array.from(sequences.flat()));
  for (const block of architecture.blocks) {
    const inputs = new Map<string, Float32Array>();
    hidden = await runBlock(block, weights, hidden, (name, x) => void inputs.set(name, x));
    const [linear] = linearsOf(block);
    const { name, outFeatures: N, inFeatures: K } = linear!;
    const x = inputs.get(name)!;
    const sum = new HessianSum(K);
    sum.add(gram(x, x.length / K, K));
    const dense = { name, weight: await weights.linear(linear!), N, K };
    const { packed } = await gptq.quantize(dense, gptq.fromRecipe(parseRecipe('gptq-w2g8')), {
      statistics: operations.hessian(sum.finish(sequences.length)),
      ...{ operations, rng: createRng(0) },
    });
    expect(await model.packed(name)).toEqual(packed);
  }
});

test('together or one by one makes no difference, and together every block runs once', async () => {
  const { engine, runs } = countingEngine();
  const together = await inOnePass(RECIPES, 'together', shared(engine));
  const chunks = runs[2]!;
  // A block runs once over each chunk: what it puts out while it is observed is what the next one reads.
  expect(runs).toEqual([chunks, chunks, chunks]);
  for (const [i, id] of RECIPES.entries()) {
    const [alone] = await inOnePass([id], 'alone');
    expect(await packedOf(modelOf(together[i]))).toEqual(await packedOf(modelOf(alone)));
  }
});

test('goes on after the blocks that are finished, for each recipe its own', async () => {
  const ids = ['gptq-w2g8', 'gptq-w3g8'];
  const bytes = (id: string, block: number) =>
    readFile(join(folder, 'one', id, `block-000${block}.safetensors`));
  const all = () => Promise.all(ids.flatMap((id) => [0, 1, 2].map((block) => bytes(id, block))));
  await inOnePass(ids);
  const expected = await all();
  await rm(join(folder, 'one', 'gptq-w2g8', 'block-0001.safetensors'));
  await rm(join(folder, 'one', 'gptq-w2g8', 'block-0002.safetensors'));
  await writeFile(join(folder, 'one', 'gptq-w3g8', 'block-0002.safetensors'), 'damaged');
  const { engine, runs } = countingEngine();
  await inOnePass(ids, 'one', shared(engine));
  expect(await all()).toEqual(expected);
  const chunks = runs[2]!;
  expect(runs).toEqual([chunks, chunks, chunks]);
});

test('a recipe that fails stops none of the others', async () => {
  const ids = ['rtn-w4g8', 'gptq-w3g8-trueseq', 'gptq-w4g7', 'gptq-w3g8'];
  const outcomes = await inOnePass(ids);
  const shown = outcomes.map((outcome) => ('model' in outcome ? 'made' : String(outcome.error)));
  expect(shown).toMatchInlineSnapshot(`
    [
      "made",
      "BitlossError: [compress] gptq-w3g8-trueseq: with parallel calibration blocks run with their original weights only, and this recipe calibrates each group of linears on the compressed ones before it. Use sequential calibration, or leave trueseq out.",
      "BitlossError: [gptq] model.layers.0.self_attn.q_proj: group size 7 does not divide K = 16. Use -1, one group per row.",
      "made",
    ]
  `);
});

test('a recipe whose weights cannot be kept stops none of the others', async () => {
  const huge = {
    ...weights,
    linear: async (linear: Parameters<typeof weights.linear>[0]) => {
      const values = (await weights.linear(linear)).slice();
      if (linear.name === 'model.layers.1.mlp.up_proj') values[3] = 1e7;
      return values;
    },
  };
  const outcomes = await inOnePass(['rtn-w2g8', 'nf4-w4g8'], 'huge', { ...shared(), weights: huge });
  expect(outcomes[0]).toMatchObject({ error: { code: 'method/scale-too-large' } });
  expect((await modelOf(outcomes[1]).linears).length).toBe(21);
});
