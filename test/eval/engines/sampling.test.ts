/** Drawing tokens, by hand and by their distribution. */
import { expect, test } from 'vitest';
import { checkSampling, GREEDY, sampleToken, uniformsOf } from '../../../eval/engines/sampling.ts';

// Probabilities 0.1, 0.4, 0.3, 0.2.
const logits = Float32Array.from([0.1, 0.4, 0.3, 0.2], Math.log);
const all = { temperature: 1, topK: 0, topP: 1, seed: 1 };

test('without a temperature the most probable token is taken, the lowest id of equals', () => {
  expect(sampleToken(Float32Array.of(1, 3, 3, 2), GREEDY, 0.99)).toBe(1);
});

test('tokens are drawn in the order of their probability', () => {
  const drawn = [0, 0.39, 0.41, 0.69, 0.71, 0.89, 0.91, 0.999].map((u) => sampleToken(logits, all, u));
  expect(drawn).toEqual([1, 1, 2, 2, 3, 3, 0, 0]);
  expect(sampleToken(Float32Array.of(0, 0, 0), all, 0.5)).toBe(1);
});

test('topK and topP cut the tail, and what stays fills the whole range', () => {
  const drawn = (changes: object) =>
    [0, 0.5, 0.6, 0.999].map((u) => sampleToken(logits, { ...all, ...changes }, u));
  expect(drawn({ topK: 1 })).toEqual([1, 1, 1, 1]);
  // 0.4 and 0.3 of 0.7: the border is at 0.571.
  expect(drawn({ topK: 2 })).toEqual([1, 1, 2, 2]);
  expect(drawn({ topP: 0.5 })).toEqual([1, 1, 2, 2]);
  expect(drawn({ topP: 0.39 })).toEqual([1, 1, 1, 1]);
  expect(drawn({ topK: 2, topP: 0.5 })).toEqual([1, 1, 1, 1]);
});

test('a low temperature sharpens and a high one flattens', () => {
  const share = (temperature: number) => {
    let first = 0;
    for (let i = 0; i < 1000; i += 1)
      if (sampleToken(logits, { ...all, temperature }, i / 1000) === 1) first += 1;
    return first / 1000;
  };
  // 0.4^2 of 0.3 in squares, and √0.4 of 1.944 in roots.
  expect(share(1)).toBeCloseTo(0.4, 2);
  expect(share(0.5)).toBeCloseTo(0.16 / 0.3, 2);
  expect(share(2)).toBeCloseTo(Math.sqrt(0.4) / 1.9436, 2);
});

test('a seed gives the same numbers, each exact in single precision', () => {
  const numbers = (seed: number) => {
    const next = uniformsOf({ ...all, seed });
    return Array.from({ length: 1000 }, next);
  };
  expect(numbers(7)).toEqual(numbers(7));
  expect(numbers(7)).not.toEqual(numbers(8));
  expect(numbers(7).every((u) => u >= 0 && u < 1 && Math.fround(u) === u)).toBe(true);
});

test.for([
  [{ temperature: -1 }, 'temperature is -1'],
  [{ temperature: Number.NaN }, 'temperature is NaN'],
  [{ topK: 1.5 }, 'topK is 1.5'],
  [{ topP: 0 }, 'topP is 0'],
  [{ topP: 1.1 }, 'topP is 1.1'],
  [{ seed: 0.5 }, 'seed 0.5'],
] as const)('%o is refused', ([changes, message]) => {
  expect(() => checkSampling({ ...all, ...changes }, 3)).toThrow(`request 3: its ${message}`);
  expect(() => checkSampling(all, 3)).not.toThrow();
});
