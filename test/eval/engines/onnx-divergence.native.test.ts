/** Comparing next-token distributions of two models in the ONNX engine with a slow computation of the same. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseRecipe } from '../../../data/recipe.ts';
import type { Engine, LoadedModel, ScoreRequest } from '../../../eval/engines/engine.ts';
import { precisionOf } from '../../../eval/engines/forward-quantizer.ts';
import { DivergenceSum } from '../../../eval/engines/onnx/divergence.ts';
import { createOnnxEngine } from '../../../eval/engines/onnx/engine.ts';
import { randomTokens } from './compare.ts';
import { logSoftmax } from './slow-forward.ts';
import { tinyModel } from './tiny-models.ts';

/** Float32 logits; the slow computation starts from those of the engine. */
const TOLERANCE_NATS = 3e-6;

let engine: Engine;
beforeAll(async () => {
  engine = await createOnnxEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.close());

/** KL divergence and agreement of two rows of logits, tokens in order. */
function slowDivergence(p: readonly number[], q: readonly number[]) {
  const [lnP, lnQ] = [logSoftmax(p), logSoftmax(q)];
  const kl = lnP.reduce((sum, value, i) => sum + Math.exp(value) * (value - lnQ[i]!), 0);
  const top = (row: readonly number[]) => row.indexOf(Math.max(...row));
  return { kl, same: top(p) === top(q) };
}

describe.each([
  ['one kv head', null],
  ['three heads of 20, tied', null],
  ['one kv head', 5],
] as const)('%s, soft cap %s', (name, logitSoftCap) => {
  const tiny = tinyModel(name, 5);
  const architecture = { ...tiny.architecture, logitSoftCap };
  const V = tiny.config.vocab_size;
  const load = (recipe: string, workspaceBytes = 1 << 26): Promise<LoadedModel> =>
    engine.load(architecture, tiny.weights, { workspaceBytes, precision: precisionOf(parseRecipe(recipe)) });
  const windows = [12, 30, 7].map(
    (length, i): ScoreRequest => ({
      context: randomTokens(1 + i, V, i),
      continuations: [randomTokens(length, V, 9 + i), ...(i === 1 ? [randomTokens(4, V, 50)] : [])],
    }),
  );

  async function expected(p: LoadedModel, q: LoadedModel, { context, continuations }: ScoreRequest) {
    return Promise.all(
      continuations.map(async (continuation) => {
        const tokens = [...context, ...continuation];
        const [logitsP, logitsQ] = [await p.logits(tokens), await q.logits(tokens)];
        return continuation.map((_, t) => {
          const row = (context.length - 1 + t) * V;
          return slowDivergence([...logitsP.subarray(row, row + V)], [...logitsQ.subarray(row, row + V)]);
        });
      }),
    );
  }

  test('equals a slow computation from all logits, in one vocabulary tile and in several', async () => {
    const [exact, rounded] = [await load('fp16'), await load('rtn-w8a4kv4')];
    const reference = await exact.finalStates(windows);
    for (const model of [rounded, await load('rtn-w8a4kv4', 60_000)]) {
      const scored = await model.score(windows, undefined, reference);
      for (const [r, request] of windows.entries()) {
        for (const [c, slow] of (await expected(exact, rounded, request)).entries()) {
          const { klNats, isSameTop } = scored[r]![c]!.divergence!;
          for (const [t, { kl, same }] of slow.entries()) {
            expect(Math.abs(klNats[t]! - kl)).toBeLessThan(TOLERANCE_NATS * Math.max(1, kl));
            expect(isSameTop[t]).toBe(Number(same));
          }
          expect(klNats.some((kl) => kl > 1e-3)).toBe(true);
        }
      }
    }
  });

  test('of a model from itself is exactly nothing', async () => {
    const model = await load('fp16');
    const scored = await model.score(windows, undefined, await model.finalStates(windows));
    for (const { divergence } of scored.flat()) {
      expect([...divergence!.klNats]).toEqual([...divergence!.klNats].fill(0));
      expect([...divergence!.isSameTop]).toEqual([...divergence!.isSameTop].fill(1));
    }
  });

  test('is left out beyond the reference, and changes no score', async () => {
    const [exact, rounded] = [await load('fp16'), await load('rtn-kv4')];
    const alone = await rounded.score(windows);
    const compared = await rounded.score(windows, undefined, await exact.finalStates(windows.slice(0, 2)));
    const scores = (all: typeof alone) =>
      all.flat().map(({ logProbabilities, isGreedy }) => ({ logProbabilities, isGreedy }));
    expect(scores(compared)).toEqual(scores(alone));
    expect(alone.flat().every(({ divergence }) => divergence === null)).toBe(true);
    expect(compared.map(([first]) => first!.divergence === null)).toEqual([false, false, true]);
  });

  test('of other requests is refused', async () => {
    const model = await load('fp16');
    const reference = await model.finalStates(windows.toReversed());
    await expect(model.score(windows, undefined, reference)).rejects.toThrow(/other requests/);
  });
});

test('vocabulary tiles add up to what one tile gives', () => {
  const [p, q] = [
    [1, -2, 0.5, 3, 3],
    [0.5, 1, -4, 2, 2.5],
  ] as const;
  const sum = new DivergenceSum(1);
  for (const [from, to] of [
    [0, 2],
    [2, 3],
    [3, 5],
  ] as const) {
    const [a, b] = [p.slice(from, to), q.slice(from, to)];
    const logSumExp = (row: readonly number[]) => Math.log(row.reduce((total, z) => total + Math.exp(z), 0));
    const top = (row: readonly number[]) => row.indexOf(Math.max(...row));
    sum.add(
      {
        logSumExpP: Float32Array.of(logSumExp(a)),
        logSumExpQ: Float32Array.of(logSumExp(b)),
        difference: Float32Array.of(
          a.reduce((total, z, i) => total + Math.exp(z - logSumExp(a)) * (z - b[i]!), 0),
        ),
        highestP: Float32Array.of(Math.max(...a)),
        highestQ: Float32Array.of(Math.max(...b)),
        argMaxP: Int32Array.of(top(a)),
        argMaxQ: Int32Array.of(top(b)),
      },
      0,
      from,
    );
  }
  const { klNats, isSameTop } = sum.finish();
  expect(klNats[0]).toBeCloseTo(slowDivergence(p, q).kl, 6);
  // 3 comes twice in p, and the first of them counts; q has its highest at the second.
  expect([...isSameTop]).toEqual([0]);
});
