import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseRecipe } from '../../data/recipe.ts';
import { chunksOf } from '../../eval/compress/calibration-run.ts';
import { type CompressOptions, compressModel } from '../../eval/compress.ts';
import { linearsOf } from '../../eval/families/linears.ts';
import { dequantize } from '../../eval/formats/index.ts';
import { HessianSum } from '../../eval/math/hessian.ts';
import { createRng } from '../../eval/math/rng.ts';
import { gptq } from '../../eval/methods/gptq.ts';
import { rtn } from '../../eval/methods/rtn.ts';
import { cpuOperations as operations } from '../../eval/operations/cpu.ts';
import type { WeightSource } from '../../eval/weights.ts';
import { architecture, fakeEngine, gram, HIDDEN, INNER, runBlock, weights } from './compress/fake-engine.ts';
import { attentionOf, gatedOf } from './families/parts-of.ts';

const sequences = Array.from({ length: 5 }, (_, s) =>
  Array.from({ length: 6 }, (_, t) => (7 * s + 3 * t) % 32),
);
const [first, second, third] = ['block-0000', 'block-0001', 'block-0002'].map(
  (name) => `${name}.safetensors`,
);

let folder: string;
let logged: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bitloss-compress-'));
  logged = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function options(recipe: string, over: Partial<CompressOptions> = {}): CompressOptions {
  return {
    architecture,
    weights,
    parameters: 10_000,
    recipe: parseRecipe(recipe),
    folder: join(folder, 'model'),
    calibration: { engine: fakeEngine(), sequences, workspaceBytes: 1 << 20 },
    log: (line) => logged.push(line),
    ...over,
  };
}

const bytesOf = (name: string, at = 'model') => readFile(join(folder, at, name));
const allLinears = architecture.blocks.flatMap(linearsOf);

describe('a method that needs no data', () => {
  test('runs without an engine and gives what the method gives', async () => {
    const model = await compressModel(options('rtn-w3g8', { calibration: null }));
    for (const linear of allLinears) {
      const dense = {
        name: linear.name,
        weight: await weights.linear(linear),
        N: linear.outFeatures,
        K: linear.inFeatures,
      };
      const settings = rtn.fromRecipe(parseRecipe('rtn-w3g8'));
      const context = { statistics: null, operations, rng: createRng(0) };
      const { packed } = await rtn.quantize(dense, settings, context);
      expect(await model.packed(linear.name)).toEqual(packed);
      expect(await model.linear(linear)).toEqual(dequantize(packed));
    }
  });

  test('sizes come from the bytes of all linears', async () => {
    const { size, linears, notes, recipe } = await compressModel(options('rtn-w4g8', { calibration: null }));
    // A block: 4 of 16×16, 2 of 24×16, 1 of 16×24 = 2176 weights; 4 bits, and 16 + 4 bits for every 8 weights.
    expect(size).toEqual({
      weights: 3 * 2176,
      packedBytes: (3 * 2176 * (4 + 20 / 8)) / 8,
      bitsPerWeight: 4 + 20 / 8,
      sizeBytes: (3 * 2176 * (4 + 20 / 8)) / 8 + 2 * (10_000 - 3 * 2176),
    });
    expect(linears.map(({ name }) => name)).toEqual(allLinears.map(({ name }) => name));
    expect({ notes, recipe }).toEqual({ notes: [], recipe: 'rtn-w4g8' });
  });

  test('the relative error falls with the bits', async () => {
    const errorOf = async (recipe: string) =>
      (await compressModel(options(recipe, { folder: join(folder, recipe) }))).linears[0].relativeError;
    const [two, four, eight] = [
      await errorOf('rtn-w2g8'),
      await errorOf('rtn-w4g8'),
      await errorOf('rtn-w8g8'),
    ];
    expect(two).toBeLessThan(0.3);
    expect(four).toBeLessThan(two / 8);
    expect(eight).toBeLessThan(four / 64);
    expect(eight).toBeGreaterThan(0);
  });

  test('everything else is read from the original, compressed tensors are not', async () => {
    const model = await compressModel(options('rtn-w4', { calibration: null }));
    expect(await model.linear(architecture.head)).toEqual(await weights.linear(architecture.head));
    expect(await model.tensor('model.norm.weight')).toEqual(await weights.tensor('model.norm.weight'));
    const ids = Int32Array.of(3, 1);
    expect(await model.rows('model.embed_tokens.weight', ids)).toEqual(
      await weights.rows('model.embed_tokens.weight', ids),
    );
    await expect(model.tensor(allLinears[0].tensor)).rejects.toThrowErrorMatchingInlineSnapshot(
      `[BitlossError: [compress] model.layers.0.self_attn.q_proj.weight: this tensor is compressed, and reading it whole would give the original weights. Read it through its linear layers.]`,
    );
    expect(() => model.packed('lm_head')).toThrow(RangeError);
  });
});

test('every block is calibrated on the outputs of the compressed blocks before it', async () => {
  const engine = fakeEngine();
  const recipe = parseRecipe('gptq-w2g8');
  const model = await compressModel(
    options('gptq-w2g8', { calibration: { engine, sequences, workspaceBytes: 1 } }),
  );
  let hidden = await weights.rows(architecture.embedding.tensor, Int32Array.from(sequences.flat()));
  for (const block of architecture.blocks) {
    const inputs = new Map<string, Float32Array>();
    await runBlock(block, weights, hidden, (name, x) => void inputs.set(name, x));
    const { q, k, v, o } = attentionOf(block);
    const { gate, up, down } = gatedOf(block);
    for (const [linear, seenAs] of [
      [q, q],
      [k, q],
      [v, q],
      [o, o],
      [gate, gate],
      [up, gate],
      [down, down],
    ]) {
      const K = linear.inFeatures;
      const x = inputs.get(seenAs.name)!;
      const sum = new HessianSum(K);
      sum.add(gram(x, x.length / K, K));
      const dense = { name: linear.name, weight: await weights.linear(linear), N: linear.outFeatures, K };
      const statistics = operations.hessian(sum.finish(sequences.length));
      const context = { statistics, operations, rng: createRng(0) };
      const { packed } = await gptq.quantize(dense, gptq.fromRecipe(recipe), context);
      expect(await model.packed(linear.name)).toEqual(packed);
    }
    hidden = await runBlock(block, model, hidden);
  }
  // One pass a block with observation; q, o, gate and down report their inputs.
  expect(engine.calls).toEqual({ load: 1, observed: [0, 1, 2], gram: 12 });
  expect(model.linears.every(({ hessianLoss }) => hessianLoss! > 0)).toBe(true);
});

describe('resuming', () => {
  /** Weights that fail when a linear of this block is read to be compressed. */
  const failingAt = (index: number): WeightSource => ({
    ...weights,
    linear: async (linear) => {
      if (linear.name === `model.layers.${index}.mlp.down_proj`) throw new Error('power cut');
      return weights.linear(linear);
    },
  });

  test('goes on after the last finished block and gives the same bytes', async () => {
    await compressModel(options('gptq-w3g8-actorder', { folder: join(folder, 'whole') }));
    await expect(compressModel(options('gptq-w3g8-actorder', { weights: failingAt(2) }))).rejects.toThrow(
      'power cut',
    );
    expect(await readdir(join(folder, 'model'))).toEqual([first, second]);
    const engine = fakeEngine();
    const calibration = { engine, sequences, workspaceBytes: 1 };
    await compressModel(options('gptq-w3g8-actorder', { calibration }));
    expect(engine.calls.observed).toEqual([2]);
    for (const name of [first, second, third])
      expect(await bytesOf(name)).toEqual(await bytesOf(name, 'whole'));
  });

  test('a finished model is opened without an engine or the original weights', async () => {
    const made = await compressModel(options('gptq-w3g8'));
    const before = await stat(join(folder, 'model', third));
    const engine = fakeEngine();
    const none: WeightSource = { ...weights, linear: () => Promise.reject(new Error('read')) };
    const calibration = { engine, sequences, workspaceBytes: 1 };
    const opened = await compressModel(options('gptq-w3g8', { calibration, weights: none }));
    expect(engine.calls.load).toBe(0);
    expect({ ...opened.size, linears: opened.linears }).toEqual({ ...made.size, linears: made.linears });
    expect((await stat(join(folder, 'model', third))).mtimeMs).toBe(before.mtimeMs);
  });

  test('a truncated block is reported and made again', async () => {
    await compressModel(options('gptq-w3g8'));
    const good = await bytesOf(second);
    await truncate(join(folder, 'model', second), good.length - 5);
    await compressModel(options('gptq-w3g8'));
    expect(await bytesOf(second)).toEqual(good);
    expect(logged).toEqual([expect.stringMatching(/block-0001\.safetensors.*Making it again\.$/s)]);
  });

  test.each([
    ['not safetensors at all', Buffer.from('hello, this is no block')],
    ['an empty file', Buffer.alloc(0)],
  ])('%s is made again', async (_, content) => {
    await compressModel(options('rtn-w3g8'));
    const good = await bytesOf(first);
    await writeFile(join(folder, 'model', first), content);
    await compressModel(options('rtn-w3g8'));
    expect(await bytesOf(first)).toEqual(good);
    expect(logged).toHaveLength(1);
  });

  test('blocks of another recipe are refused and kept', async () => {
    await compressModel(options('rtn-w3g8'));
    const kept = await bytesOf(first);
    await expect(compressModel(options('rtn-w4g8'))).rejects.toMatchObject({ code: 'compress/other-recipe' });
    expect(await bytesOf(first)).toEqual(kept);
  });

  test('leftovers of killed runs are removed, young ones may be in use', async () => {
    await compressModel(options('rtn-w3g8'));
    const [old, young] = ['1', '2'].map((pid) => join(folder, 'model', `${first}.${pid}.partial`));
    await Promise.all([writeFile(old, 'x'), writeFile(young, 'x')]);
    await utimes(old, new Date(), new Date(Date.now() - 3_600_000));
    await compressModel(options('rtn-w3g8'));
    expect(await readdir(join(folder, 'model'))).toEqual([first, `${first}.2.partial`, second, third]);
  });
});

describe('refusals', () => {
  test('before anything is read or written', async () => {
    const calibration = { engine: fakeEngine(), sequences: [], workspaceBytes: 1 };
    const refused = async (recipe: string, over: Partial<CompressOptions> = {}) => {
      const error = await compressModel(options(recipe, over)).catch((reason) => reason);
      expect(await readdir(folder)).toEqual([]);
      return error.message;
    };
    expect([
      await refused('gptq-w4g8', { calibration: null }),
      await refused('gptq-w4g8', { calibration }),
      await refused(`rtn-w4g${INNER}`),
      await refused(`rtn-w4g${HIDDEN}`),
      await refused('rtn-kv4'),
    ]).toMatchInlineSnapshot(`
      [
        "[compress] gptq-w4g8: the method needs calibration data, and none was given. Give at least one calibration sequence.",
        "[compress] gptq-w4g8: the method needs calibration data, and none was given. Give at least one calibration sequence.",
        "[rtn] model.layers.0.self_attn.q_proj: group size 24 does not divide K = 16. Use -1, one group per row.",
        "[rtn] model.layers.0.mlp.down_proj: group size 16 does not divide K = 24. Use -1, one group per row.",
        "[methods] rtn-kv4: it leaves the weights as they are, so there is nothing to compress. Choose another recipe.",
      ]
    `);
  });

  test('a method that is none', async () => {
    await expect(compressModel(options('awk-w4g8'))).rejects.toMatchObject({ code: 'method/unknown' });
    expect(await readdir(folder)).toEqual([]);
  });

  test('a folder that cannot be made', async () => {
    await writeFile(join(folder, 'file'), '');
    const made = compressModel(options('rtn-w4g8', { folder: join(folder, 'file', 'model') }));
    await expect(made).rejects.toMatchObject({ code: 'compress/folder', cause: expect.any(Error) });
  });

  test('a folder that is gone when a block is to be written', async () => {
    const removing: WeightSource = {
      ...weights,
      linear: async (linear) => {
        await rm(join(folder, 'model'), { recursive: true, force: true });
        return weights.linear(linear);
      },
    };
    const failed = compressModel(options('rtn-w4g8', { weights: removing }));
    await expect(failed).rejects.toMatchObject({ code: 'compress/write', cause: expect.any(Error) });
  });

  test('something else in the place of a block', async () => {
    await mkdir(join(folder, 'model', second), { recursive: true });
    await expect(compressModel(options('rtn-w4g8'))).rejects.toMatchObject({ code: 'compress/read' });
    expect(await readdir(join(folder, 'model'))).toEqual([first, second]);
  });

  test('an empty sequence', () => {
    expect(() => chunksOf([[1], []])).toThrow(expect.objectContaining({ code: 'compress/empty-sequence' }));
  });

  test('activations that overflow', async () => {
    const huge: WeightSource = {
      ...weights,
      linear: async (linear) => (await weights.linear(linear)).map((x) => x * 1e4),
    };
    const failed = compressModel(options('gptq-w8g8', { weights: huge }));
    await expect(failed).rejects.toMatchObject({ code: 'compress/not-finite' });
  });

  test('an engine that does not report inputs', async () => {
    const engine = fakeEngine();
    const silent = {
      ...engine,
      load: async (...given: Parameters<typeof engine.load>) => {
        const model = await engine.load(...given);
        return { ...model, runBlock: async (_: number, __: unknown, hidden: Float32Array) => hidden };
      },
    };
    const failed = compressModel(
      options('gptq-w8g8', { calibration: { engine: silent, sequences, workspaceBytes: 1 } }),
    );
    await expect(failed).rejects.toMatchObject({ code: 'compress/not-observed' });
  });
});

test('short sequences share a chunk, long ones do not, and none sees another', () => {
  const lengths = [200, 200, 200, 600, 100];
  const chunks = chunksOf(lengths.map((length, s) => new Int32Array(length).fill(s)));
  expect(chunks.map(({ tokens }) => tokens.length)).toEqual([400, 200, 600, 100]);
  const [{ tokens, positions, segments, parents }] = chunks;
  expect([tokens[199], tokens[200], positions[199], positions[200]]).toEqual([0, 1, 199, 0]);
  expect(segments[199]).not.toBe(segments[200]);
  expect(parents).toEqual(segments);
});

test('progress counts linears', async () => {
  const seen: string[] = [];
  await compressModel(options('rtn-w4g8', { onProgress: (done, total) => seen.push(`${done}/${total}`) }));
  expect(seen.at(-1)).toBe('21/21');
  expect(new Set(seen).size).toBe(21);
});
