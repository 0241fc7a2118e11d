/** Rounding of activations, keys and values in the ONNX engine against its reference and a slow forward pass. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseRecipe } from '../../../data/recipe.ts';
import type { Engine, LoadedModel } from '../../../eval/engines/engine.ts';
import {
  type ForwardPrecision,
  PLAIN_GRID,
  precisionOf,
  roundGroups,
  roundVectors,
} from '../../../eval/engines/forward-quantizer.ts';
import { createOnnxEngine } from '../../../eval/engines/onnx/engine.ts';
import { GraphBuilder } from '../../../eval/engines/onnx/graph.ts';
import { roundActivations, roundCached } from '../../../eval/engines/onnx/layers/rounding.ts';
import { compile } from '../../../eval/engines/onnx/runtime.ts';
import { createRng } from '../../../eval/math/rng.ts';
import { randomTokens, relativeError } from './compare.ts';
import { logSoftmax, type SlowRounding, slowLogits } from './slow-forward.ts';
import { TINY, type TinyModel, tinyModel } from './tiny-models.ts';

const precision = (id: string) => precisionOf(parseRecipe(id));

describe('a graph that rounds', () => {
  const K = 48;
  const HEADS = 3;

  async function run(
    id: string | ForwardPrecision,
    values: Float32Array,
    cached: boolean,
  ): Promise<Float32Array> {
    const graph = new GraphBuilder(typeof id === 'string' ? precision(id) : id);
    const dims = cached ? ['M', HEADS, K / HEADS] : ['M', K];
    const x = graph.input('x', 'float32', dims);
    const rounded = cached ? roundCached(graph, x, HEADS, K / HEADS) : roundActivations(graph, x, K);
    graph.output('rounded', rounded, 'float32', dims);
    const program = await compile('rounding', graph.build(), { provider: 'cpu', threads: 1 });
    const rows = values.length / K;
    const fed = { data: values, dims: cached ? [rows, HEADS, K / HEADS] : [rows, K] };
    const result = await program.run({ x: fed }, ['rounded']);
    await program.release();
    return result.rounded;
  }

  /** Normal rows of every size, with outliers, zeros, equal numbers, and rows on one side of 0. */
  function samples(rows: number): Float32Array {
    const rng = createRng(7);
    return Float32Array.from({ length: rows * K }, (_, i) => {
      const row = Math.floor(i / K);
      const value = rng.normal() * 10 ** ((row % 9) - 4) * (i % 17 === 0 ? 20 : 1);
      if (row % 11 === 3) return 0;
      if (row % 11 === 5) return row - 20;
      return row % 11 === 7 ? Math.abs(value) : row % 11 === 8 ? 5 - Math.abs(value) * 1e-3 : value;
    });
  }

  const plus0 = (values: Float32Array) => values.map((value) => value + 0);

  test.each([2, 3, 4, 8].flatMap((bits) => ['', '-minmax'].map((range) => [bits, range] as const)))(
    'gives what the reference gives, to the last bit: %i bits %s',
    async (bits, range) => {
      const values = samples(330);
      const rule = { ...PLAIN_GRID, bits, range: range === '' ? 'zero' : 'minmax' } as const;
      const expected = (size: number) => plus0(roundGroups(values, size, rule).rounded);
      expect(plus0(await run(`rtn-w8a${bits}${range}`, values, false))).toEqual(expected(K));
      expect(plus0(await run(`rtn-kv${bits}${range}`, values, true))).toEqual(expected(K / HEADS));
      expect(plus0(await run(`rtn-kv${bits}g8${range}`, values, true))).toEqual(expected(8));
    },
  );

  test.each([
    { symmetric: true },
    { symmetric: true, clip: 0.9, range: 'minmax' as const },
    { clip: 0.9 },
    { outliers: 6, symmetric: true },
    { outliers: 0.5, range: 'minmax' as const },
  ])('also of other grids: %j', async (more) => {
    const values = samples(330);
    for (const bits of [2, 4, 8]) {
      const grid = { ...PLAIN_GRID, bits, ...more };
      const found = await run({ activations: grid, kv: null }, values, false);
      expect(plus0(found)).toEqual(plus0(roundGroups(values, K, grid).rounded));
    }
  });

  test.each([0, 7])('also in a rotated basis, with seed %i', async (rotation) => {
    const values = samples(330);
    const near = (found: Float32Array, expected: Float32Array) => {
      const rows = Array.from({ length: values.length / K }, (_, row) => {
        const [a, b] = [found, expected].map((all) => all.subarray(row * K, (row + 1) * K)) as [
          Float32Array,
          Float32Array,
        ];
        return (
          Math.max(...a.map((value, i) => Math.abs(value - b[i]!))) <= 1e-5 * Math.max(...b.map(Math.abs))
        );
      });
      // Sums in another order may put a number on the other side of a border of codes; then its vector differs.
      expect(rows.filter((isNear) => !isNear).length).toBeLessThan(rows.length / 20);
    };
    for (const more of [{ bits: 4, symmetric: true, clip: 0.9 }, { bits: 8 }]) {
      const grid = { ...PLAIN_GRID, ...more, rotation };
      near(await run({ activations: grid, kv: null }, values, false), roundVectors(values, K, K, grid));
      for (const group of [8, -1]) {
        const size = group === -1 ? K / HEADS : group;
        const kv = { ...grid, group, preRope: false };
        near(await run({ activations: null, kv }, values, true), roundVectors(values, K / HEADS, size, grid));
      }
    }
  });

  test('does not hide that a forward pass has overflowed', async () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const values = samples(1).fill(bad, 20, 21);
      const rounded = await run('rtn-w8a4', values, false);
      expect(rounded.some((value) => !Number.isFinite(value))).toBe(true);
    }
  });

  test('takes no rows', async () => {
    expect(await run('rtn-w8a4', new Float32Array(0), false)).toHaveLength(0);
  });
});

describe.each(['one kv head', 'biases everywhere', 'sliding window of 7'])('%s', (name) => {
  const tiny = tinyModel(name, 3);
  const d = 16;
  const tokens = randomTokens(23, tiny.config.vocab_size, 11);
  let engine: Engine;
  beforeAll(async () => {
    engine = await createOnnxEngine({ provider: 'cpu', threads: 1 });
  });
  afterAll(() => engine.close());
  const load = (id: string, workspaceBytes = 1 << 26): Promise<LoadedModel> =>
    engine.load(tiny.architecture, tiny.weights, { workspaceBytes, precision: precision(id) });

  test.each([
    ...['rtn-w8a8', 'rtn-w8a4', 'rtn-kv8', 'rtn-kv2', 'rtn-kv4g4', 'rtn-w8a6kv3'],
    ...['rtn-w8a8-sym', 'rtn-kv3-prerope', 'rtn-w8a8kv4g4-sym-prerope'],
  ])('the forward pass of %s is that of a slow one that rounds', async (id) => {
    const logits = await (await load(id)).logits(tokens);
    const rounded = slowRounded(tiny, precision(id), tokens);
    const exact = slowRounded(tiny, precision('fp16'), tokens).flat();
    const V = tiny.config.vocab_size;
    const agreeing = rounded.filter(
      (row, t) => relativeError(logits.subarray(t * V, (t + 1) * V), row) < 1e-4,
    );
    // A number halfway between two codes may go the other way in float64, and later tokens then differ a little.
    expect(agreeing.length).toBeGreaterThan(tokens.length / 2);
    expect(relativeError(logits, exact)).toBeGreaterThan(1e-3);
  });

  test('16 bits change nothing, 8 bits little', async () => {
    const exact = await (await load('fp16')).logits(tokens);
    expect(await (await load('rtn-w4a16kv16')).logits(tokens)).toEqual(exact);
    expect(relativeError(await (await load('rtn-kv8')).logits(tokens), exact)).toBeLessThan(0.02);
    expect(relativeError(await (await load('rtn-w8a8')).logits(tokens), exact)).toBeLessThan(0.1);
  });

  test.each(['rtn-kv3', 'rtn-w8a4kv4g8', 'rtn-kv3-prerope', 'rtn-w8a4kv4-sym'])(
    '%s: decoding with a cache, scoring and running the text again agree, alone and in company',
    async (id) => {
      const model = await load(id);
      const prompts = [5, 1, 17, 9].map((length, i) => randomTokens(length, tiny.config.vocab_size, 40 + i));
      const asked = prompts.map((prompt) => ({ prompt, maxNewTokens: 6, stop: () => false }));
      const generated = await model.generate(asked);
      for (const [i, prompt] of prompts.entries()) {
        const text = [...prompt, ...generated[i]!];
        const rows = slowRounded(tiny, precision(id), text.slice(0, -1)).slice(prompt.length - 1);
        expect(rows.map((row) => row.indexOf(Math.max(...row)))).toEqual(generated[i]);
        expect(await model.generate([asked[i]!])).toEqual([generated[i]]);
      }
      const requests = prompts.map((context, i) => ({ context, continuations: [generated[i]!] }));
      const scored = await model.score(requests);
      const cramped = await (await load(id, 60_000)).score(requests);
      for (const [i, { context }] of requests.entries()) {
        expect(scored[i]![0]!.isGreedy).toBe(true);
        const rows = slowRounded(tiny, precision(id), [...context, ...generated[i]!]);
        const expected = generated[i]!.map((token, t) => logSoftmax(rows[context.length - 1 + t]!)[token]!);
        expect(relativeError(scored[i]![0]!.logProbabilities, expected)).toBeLessThan(1e-4);
        expect(relativeError(cramped[i]![0]!.logProbabilities, expected)).toBeLessThan(1e-4);
      }
    },
  );

  function slowRounded({ config, tensors }: TinyModel, rule: ForwardPrecision, text: readonly number[]) {
    const round = (values: readonly number[], size: number, grid: ForwardPrecision['activations']) =>
      grid === null ? [...values] : [...roundGroups(Float32Array.from(values), size, grid).rounded];
    const rounding: SlowRounding = {
      input: (row) => round(row, row.length, rule.activations),
      cached: (head) => round(head, rule.kv === null || rule.kv.group === -1 ? d : rule.kv.group, rule.kv),
      isPreRope: rule.kv?.preRope === true,
    };
    return slowLogits(config, tensors, text, () => {}, rounding);
  }
});

test('groups that do not divide a head are refused before anything runs', async () => {
  const engine = await createOnnxEngine({ provider: 'cpu', threads: 1 });
  const { architecture, weights } = tinyModel('one kv head');
  const options = { workspaceBytes: 1 << 26, precision: precision('rtn-kv4g5') };
  await expect(engine.load(architecture, weights, options)).rejects.toMatchObject({
    code: 'precision/group-size',
  });
  expect(TINY['one kv head']!.hidden_size / TINY['one kv head']!.num_attention_heads).toBe(16);
  await engine.close();
});
