/** What the CUDA engine promises, for any device and type: the numbers of the onnx engine, and the same bits however asked. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseRecipe } from '../../../data/recipe.ts';
import type { CudaEngine } from '../../../eval/engines/cuda/engine.ts';
import type { Engine, LoadedModel, ScoredContinuation, ScoreRequest } from '../../../eval/engines/engine.ts';
import { checkPrecision } from '../../../eval/engines/forward-quantizer.ts';
import { createOnnxEngine } from '../../../eval/engines/onnx/engine.ts';
import { packRequests } from '../../../eval/engines/pack.ts';
import type { Architecture } from '../../../eval/families/architecture.ts';
import { precisionFor } from '../../../eval/methods/index.ts';
import type { WeightSource } from '../../../eval/weights.ts';
import { randomTokens } from './compare.ts';
import { DESCRIBED, describedModel } from './described-models.ts';
import { TINY, tinyModel } from './tiny-models.ts';
import { OTHERS, otherModel } from './tiny-others.ts';

interface Model {
  readonly architecture: Architecture;
  readonly weights: WeightSource;
}

const models: Readonly<Record<string, () => Model>> = Object.fromEntries([
  ...Object.keys(TINY).map((name) => [name, () => tinyModel(name)] as const),
  ...Object.keys(DESCRIBED).map((name) => [name, () => describedModel(name)] as const),
  ...Object.keys(OTHERS).map((name) => [name, () => otherModel(name)] as const),
]);
const WORKSPACE = { workspaceBytes: 1 << 26 };

/** Contexts with one continuation and with several, short and long, one of them asked for twice. */
function requestsFor({ vocabSize: V, maxPositions }: Architecture): ScoreRequest[] {
  const text = (length: number, seed: number) => randomTokens(length, V, seed);
  const long = Math.min(50, maxPositions - 8);
  const requests = [
    { context: text(7, 1), continuations: [text(3, 2), text(1, 3), text(5, 4)] },
    { context: text(1, 5), continuations: [text(6, 6)] },
    { context: text(long, 7), continuations: [text(2, 8), text(8, 9)] },
    { context: text(13, 10), continuations: [text(4, 11)] },
  ];
  return [...requests, requests[0]!];
}

const numbers = (scored: readonly (readonly ScoredContinuation[])[]) =>
  scored.flat().flatMap(({ logProbabilities }) => [...logProbabilities]);
const largest = (a: readonly number[], b: readonly number[]) =>
  Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));

/** Root of the mean square of the differences. */
const distance = (a: Float32Array, b: Float32Array) =>
  Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0) / a.length);

/**
 * @param open       an engine that computes in float32; `residentBlocks` limits the blocks whose weights stay
 * @param tolerance  on ln p of a token against the onnx engine
 */
export function describeCudaEngine(
  open: (residentBlocks?: number) => Promise<CudaEngine>,
  tolerance: number,
): void {
  let engine: CudaEngine;
  let onnx: Engine;
  beforeAll(async () => {
    engine = await open();
    onnx = await createOnnxEngine({ threads: 1 });
  }, 300_000);
  afterAll(async () => {
    await engine?.close();
    await onnx?.close();
  });

  describe.each(Object.keys(models))('%s', (name) => {
    const { architecture, weights } = models[name]!();
    const requests = requestsFor(architecture);
    const load = async (precision = {}): Promise<readonly [LoadedModel, LoadedModel]> => [
      await engine.load(architecture, weights, { ...WORKSPACE, ...precision }),
      await onnx.load(architecture, weights, { ...WORKSPACE, ...precision }),
    ];

    test('scores as the onnx engine does, with the same bits alone and in company', async () => {
      const [model, oracle] = await load();
      const [scored, expected] = [await model.score(requests), await oracle.score(requests)];
      expect(largest(numbers(scored), numbers(expected))).toBeLessThan(tolerance);
      const greedy = (all: typeof scored) => all.flat().map(({ isGreedy }) => isGreedy);
      expect(greedy(scored)).toEqual(greedy(expected));
      for (const [i, request] of requests.entries()) {
        const [alone] = await model.score([request]);
        expect(numbers([alone!])).toEqual(numbers([scored[i]!]));
        const apart = request.continuations.map((tokens) => ({ ...request, continuations: [tokens] }));
        expect(numbers(await model.score(apart))).toEqual(numbers([scored[i]!]));
      }
    });

    test('compares distributions as the onnx engine does', async () => {
      const [model, oracle] = await load();
      // The same model with its first block twice as strong stands for a compressed one.
      const other = {
        ...weights,
        linear: async (linear: Parameters<WeightSource['linear']>[0]) =>
          linear.name.includes('.0.')
            ? (await weights.linear(linear)).map((w) => 1.1 * w)
            : weights.linear(linear),
      };
      const reference = await model.finalStates(requests.slice(0, 3));
      const expectedReference = await oracle.finalStates(requests.slice(0, 3));
      const flat = (states: typeof reference) => states.flat().flatMap((own) => [...own]);
      expect(largest(flat(reference), flat(expectedReference))).toBeLessThan(100 * tolerance);
      for (const one of [model, oracle]) one.useWeights(other);
      const scored = await model.score(requests, undefined, reference);
      const expected = await oracle.score(requests, undefined, expectedReference);
      const kl = (all: typeof scored) =>
        all.flat().flatMap(({ divergence }) => [...(divergence?.klNats ?? [])]);
      const same = (all: typeof scored) =>
        all.flat().flatMap(({ divergence }) => [...(divergence?.isSameTop ?? [])]);
      expect(kl(scored).length).toBeGreaterThan(0);
      expect(Math.max(...kl(scored))).toBeGreaterThan(1e-6);
      expect(largest(kl(scored), kl(expected))).toBeLessThan(tolerance);
      expect(same(scored)).toEqual(same(expected));
      expect(scored.at(-1)!.every(({ divergence }) => divergence === null)).toBe(true);
      // Alone, all rows of a chunk are compared, and their logits serve both questions.
      const alone = await model.score([requests[1]!], undefined, [reference[1]!]);
      expect(alone[0]).toEqual(scored[1]);
    });

    const ids = ['rtn-w8a8', 'rtn-kv4', 'rtn-w8a4kv3', 'rtn-w8a6-sym', 'rtn-kv4-prerope', 'quarot-a4kv4'];
    test.each(ids.filter((id) => fits(id, architecture)))(
      'rounds as the onnx engine does: %s',
      async (id) => {
        const precision = precisionFor(parseRecipe(id));
        const [model, oracle] = await load({ precision });
        const [exact] = await load();
        const errors: number[] = [];
        for (const seed of [1, 2, 3, 4, 5]) {
          const tokens = randomTokens(5, architecture.vocabSize, 30 * seed);
          const expected = await oracle.logits(tokens);
          errors.push(distance(await model.logits(tokens), expected));
          expect(distance(await exact.logits(tokens), expected)).toBeGreaterThan(1e-4);
        }
        // A number halfway between two codes may go the other way, and all that depends on it then differs a little.
        const agreeing = errors.filter((error) => error < 10 * tolerance);
        expect(agreeing.length, errors.join()).toBeGreaterThanOrEqual(2);
      },
    );

    test('shows what linears read and caches hold as the onnx engine does', async () => {
      const [model, oracle] = await load();
      const [{ chunk }] = packRequests([requests[0]!], 64) as [ReturnType<typeof packRequests>[number]];
      const shown = await Promise.all([model, oracle].map((one) => show(one, chunk)));
      const [own, expected] = shown as [Shown, Shown];
      const names = (all: Shown) => [...all.inputs.keys()].sort();
      expect(names(own)).toEqual(names(expected));
      for (const [linear, values] of expected.inputs)
        expect(largest(own.inputs.get(linear)!, values), linear).toBeLessThan(20 * tolerance);
      expect(own.cache.map(({ length }) => length)).toEqual(expected.cache.map(({ length }) => length));
      for (const [i, values] of expected.cache.entries())
        expect(largest(own.cache[i]!, values)).toBeLessThan(20 * tolerance);
      expect(largest(own.hidden, expected.hidden)).toBeLessThan(20 * tolerance);
    });
  });

  test.each(['biases everywhere', 'bloom of three heads', 'deepseek-v2, full queries', 'mamba, tied'])(
    'streamed weights give the bits of resident ones: %s',
    async (name) => {
      const { architecture, weights } = models[name]!();
      const requests = requestsFor(architecture);
      const resident = await (await engine.load(architecture, weights, WORKSPACE)).score(requests);
      const streaming = await open(0);
      const model = await streaming.load(architecture, weights, WORKSPACE);
      for (let round = 0; round < 3; round += 1) expect(await model.score(requests)).toEqual(resident);
      const other = {
        ...weights,
        linear: async (linear: Parameters<WeightSource['linear']>[0]) =>
          (await weights.linear(linear)).map((w) => 0.9 * w),
      };
      model.useWeights(other);
      const changed = await (await engine.load(architecture, other, WORKSPACE)).score(requests);
      expect(await model.score(requests)).toEqual(changed);
      expect(numbers(changed)).not.toEqual(numbers(resident));
      await streaming.close();
    },
  );
}

/** Whether a model has what a recipe rounds. */
function fits(id: string, architecture: Architecture): boolean {
  try {
    checkPrecision(precisionFor(parseRecipe(id)), architecture, id);
    return true;
  } catch {
    return false;
  }
}

interface Shown {
  readonly inputs: Map<string, number[]>;
  readonly cache: number[][];
  readonly hidden: number[];
}

/** Both blocks of a model over a chunk. */
async function show(model: LoadedModel, chunk: Parameters<LoadedModel['embed']>[0]): Promise<Shown> {
  const inputs = new Map<string, number[]>();
  const cache: number[][] = [];
  let hidden = await model.embed(chunk);
  for (const index of model.architecture.blocks.keys()) {
    hidden = await model.runBlock(
      index,
      chunk,
      hidden,
      (name, values) => void inputs.set(name, [...(inputs.get(name) ?? []), ...values]),
      ({ keys, values }) => cache.push([...keys], [...values]),
    );
  }
  return { inputs, cache, hidden: [...hidden] };
}
