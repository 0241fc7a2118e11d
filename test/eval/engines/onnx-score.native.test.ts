/** Scoring and generation of the ONNX engine against the slow second implementation, alone and in company. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine, GenerateRequest, LoadedModel, ScoreRequest } from '../../../eval/engines/engine.ts';
import { createOnnxEngine } from '../../../eval/engines/onnx/engine.ts';
import { GREEDY, type Sampling, sampleToken, uniformsOf } from '../../../eval/engines/sampling.ts';
import { randomTokens } from './compare.ts';
import { logSoftmax, slowLogits } from './slow-forward.ts';
import { type TinyModel, tinyModel } from './tiny-models.ts';

/** Different batches only change the order of float32 sums. */
const BATCH_TOLERANCE = 5e-6;

let engine: Engine;
beforeAll(async () => {
  engine = await createOnnxEngine({ provider: 'cpu' });
});
afterAll(() => engine.close());

const load = (tiny: TinyModel, workspaceBytes = 1 << 26) =>
  engine.load(tiny.architecture, tiny.weights, { workspaceBytes });

/** Requests of many lengths; every third shares its context with the one before. */
function makeRequests(count: number, vocabSize: number): ScoreRequest[] {
  return Array.from({ length: count }, (_, i) => ({
    context: randomTokens(
      1 + (((i - (i % 3 === 2 ? 1 : 0)) * 7) % 40),
      vocabSize,
      100 + i - (i % 3 === 2 ? 1 : 0),
    ),
    continuations: Array.from({ length: 1 + (i % 4) }, (_, c) =>
      randomTokens(1 + ((i + 3 * c) % 6), vocabSize, 50 * i + c),
    ),
  }));
}

/** ln p of every token of a continuation, straight from the logits of the slow forward pass. */
function slowScore(
  { config, tensors }: TinyModel,
  context: readonly number[],
  continuation: readonly number[],
) {
  const logits = slowLogits(config, tensors, [...context, ...continuation.slice(0, -1)]);
  const rows = continuation.map((token, t) => ({ token, row: logSoftmax(logits[context.length - 1 + t]!) }));
  return {
    logProbabilities: rows.map(({ token, row }) => row[token]!),
    isGreedy: rows.every(({ token, row }) => row.indexOf(Math.max(...row)) === token),
  };
}

describe.each(['one kv head', 'sliding window of 7', 'llama-3 scaling'])('%s', (name) => {
  const tiny = tinyModel(name);
  const requests = makeRequests(13, tiny.config.vocab_size);
  let model: LoadedModel;
  beforeAll(async () => {
    model = await load(tiny);
  });

  test('scores equal the slow forward pass, shared contexts or not', async () => {
    const scored = await model.score(requests);
    for (const [r, { context, continuations }] of requests.entries()) {
      for (const [c, continuation] of continuations.entries()) {
        const expected = slowScore(tiny, context, continuation);
        const { logProbabilities, isGreedy } = scored[r]![c]!;
        expect(isGreedy).toBe(expected.isGreedy);
        for (const [t, value] of expected.logProbabilities.entries()) {
          expect(Math.abs(logProbabilities[t]! - value)).toBeLessThan(1e-4 * Math.max(1, Math.abs(value)));
        }
      }
    }
  });

  test('a request alone, in any order and in small batches scores the same', async () => {
    const together = await model.score(requests);
    const backwards = (await model.score(requests.toReversed())).toReversed();
    const cramped = await (await load(tiny, 60_000)).score(requests);
    for (const [r, request] of requests.entries()) {
      const [alone] = await model.score([request]);
      for (const [c, { logProbabilities, isGreedy }] of together[r]!.entries()) {
        for (const other of [alone![c]!, backwards[r]![c]!, cramped[r]![c]!]) {
          expect(other.isGreedy).toBe(isGreedy);
          for (const [t, value] of logProbabilities.entries()) {
            expect(Math.abs(other.logProbabilities[t]! - value)).toBeLessThan(
              BATCH_TOLERANCE * Math.max(1, Math.abs(value)),
            );
          }
        }
      }
    }
    expect(backwards).toEqual(together);
  });

  test('the same call gives the same bits', async () => {
    expect(await model.score(requests)).toEqual(await model.score(requests));
  });

  test('generation with a cache equals generation by running the text again', async () => {
    const prompts = Array.from({ length: 7 }, (_, i) =>
      randomTokens(1 + 5 * i, tiny.config.vocab_size, 900 + i),
    );
    const asked = prompts.map(
      (prompt, i): GenerateRequest => ({
        prompt,
        maxNewTokens: 3 + 4 * i,
        stop: (made) => made.at(-1) === 5,
      }),
    );
    const generated = await model.generate(asked);
    for (const [i, { prompt, maxNewTokens }] of asked.entries()) {
      const expected: number[] = [];
      while (expected.length < maxNewTokens && expected.at(-1) !== 5) {
        const last = slowLogits(tiny.config, tiny.tensors, [...prompt, ...expected]).at(-1)!;
        expected.push(last.indexOf(Math.max(...last)));
      }
      expect(generated[i]).toEqual(expected);
    }
  });
});

test('drawn texts are those of the seed, alone and beside a greedy one', async () => {
  const tiny = tinyModel('biases everywhere');
  const model = await load(tiny);
  const ask = (sampling: Sampling, i: number): GenerateRequest => ({
    prompt: randomTokens(3 + 4 * i, tiny.config.vocab_size, 20 + i),
    maxNewTokens: 8,
    stop: () => false,
    sampling,
  });
  const sampling = { temperature: 0.9, topK: 40, topP: 0.9, seed: 5 };
  const asked = [sampling, { ...sampling, seed: 6, temperature: 1.5 }, GREEDY].map(ask);
  const generated = await model.generate(asked);
  for (const [i, request] of asked.entries()) {
    expect(await model.generate([request])).toEqual([generated[i]]);
    const next = uniformsOf(request.sampling!);
    const expected: number[] = [];
    for (let at = 0; at < 8; at += 1) {
      const last = slowLogits(tiny.config, tiny.tensors, [...request.prompt, ...expected]).at(-1)!;
      expected.push(sampleToken(Float32Array.from(last), request.sampling!, next()));
    }
    expect(generated[i]).toEqual(expected);
  }
  await expect(model.generate([ask({ ...sampling, topP: 2 }, 0)])).rejects.toThrow('its topP is 2');
});

test('a greedy continuation is recognised', async () => {
  const tiny = tinyModel('biases everywhere');
  const model = await load(tiny);
  const prompt = randomTokens(9, tiny.config.vocab_size, 4);
  const [best] = await model.generate([{ prompt, maxNewTokens: 6, stop: () => false }]);
  const other = best!.with(5, (best![5]! + 1) % tiny.config.vocab_size);
  const [scored] = await model.score([{ context: prompt, continuations: [best!, other] }]);
  expect(scored!.map(({ isGreedy }) => isGreedy)).toEqual([true, false]);
});

test('of equal logits the lowest token id is the argmax', async () => {
  const tiny = tinyModel('three heads of 20, tied');
  const equal = new Map(tiny.tensors).set('model.embed_tokens.weight', new Float32Array(97 * 60).fill(0.25));
  const model = await load({ ...tiny, weights: (await import('./tiny-models.ts')).memoryWeights(equal, 60) });
  expect(await model.generate([{ prompt: [3, 4], maxNewTokens: 3, stop: () => false }])).toEqual([[0, 0, 0]]);
  const [scored] = await model.score([{ context: [3], continuations: [[0], [1]] }]);
  expect(scored!.map(({ isGreedy }) => isGreedy)).toEqual([true, false]);
});

test('progress reaches the total', async () => {
  const tiny = tinyModel('one kv head');
  const model = await load(tiny, 60_000);
  const seen: [number, number][] = [];
  await model.score(makeRequests(9, 97), (done, total) => seen.push([done, total]));
  expect(seen.every(([done, total], i) => done <= total && done >= (seen[i - 1]?.[0] ?? 0))).toBe(true);
  expect(seen.at(-1)![0]).toBe(seen.at(-1)![1]);
  seen.length = 0;
  await model.generate(
    [{ prompt: [1, 2], maxNewTokens: 9, stop: (made) => made.length === 4 }],
    (done, total) => seen.push([done, total]),
  );
  expect(seen.at(-1)).toEqual([11, 11]);
});
