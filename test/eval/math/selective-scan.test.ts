/** The kernel against the recurrence as it is written, in float64. */
import { describe, expect, test } from 'vitest';
import { createRng } from '../../../eval/math/rng.ts';
import { type ScanInputs, Scanner, type ScanWeights } from '../../../eval/math/selective-scan.ts';

interface Case extends ScanInputs, ScanWeights {
  readonly T: number;
  readonly D: number;
  readonly N: number;
  readonly state: Float32Array;
}

function slowScan({ T, D, N, x, step, parameters, decay, skip, state }: Case) {
  const h = Float64Array.from(state);
  const y = new Float64Array(T * D);
  for (let t = 0; t < T; t += 1) {
    for (let d = 0; d < D; d += 1) {
      const input = x[t * D + d];
      let sum = skip[d] * input;
      for (let n = 0; n < N; n += 1) {
        const at = d * N + n;
        const kept = Math.exp(step[t * D + d] * decay[at]) * h[at];
        h[at] = kept + step[t * D + d] * input * parameters[t * 2 * N + n];
        sum += h[at] * parameters[t * 2 * N + N + n];
      }
      y[t * D + d] = sum;
    }
  }
  return { y, state: h };
}

function randomCase(T: number, D: number, N: number, seed: number): Case {
  const rng = createRng(seed);
  const values = (size: number, low: number, high: number) =>
    Float32Array.from({ length: size }, () => low + (high - low) * rng.next());
  return {
    ...{ T, D, N },
    x: values(T * D, -2, 2),
    step: values(T * D, 0, 1.5),
    parameters: values(T * 2 * N, -1, 1),
    decay: values(D * N, -8, -0.01),
    skip: values(D, -1, 1),
    state: values(D * N, -1, 1),
  };
}

function scan(given: Case, cuts: readonly number[]) {
  const scanner = new Scanner(given.D, given.N);
  scanner.use(given);
  const state = given.state.slice();
  const y = new Float32Array(given.T * given.D);
  const edges = [0, ...cuts, given.T];
  for (let i = 0; i + 1 < edges.length; i += 1) scanner.run(given, edges[i], edges[i + 1], state, y);
  return { y, state };
}

const largest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i])));

describe('selective scan', () => {
  test.for([
    [5, 3, 4],
    [9, 4, 16],
    [7, 2, 5],
    [6, 1, 1],
    [600, 3, 7],
  ])('%i tokens, %i channels, %i state values', ([T, D, N]) => {
    const given = randomCase(T, D, N, T + D + N);
    const expected = slowScan(given);
    const found = scan(given, []);
    expect(largest(found.y, expected.y)).toBeLessThan(2e-5);
    expect(largest(found.state, expected.state)).toBeLessThan(2e-5);
  });

  test('goes on from a state with exactly the result of one run', () => {
    const given = randomCase(40, 5, 6, 3);
    expect(scan(given, [1, 17])).toEqual(scan(given, []));
  });

  test('one channel by hand', () => {
    const scanner = new Scanner(1, 1);
    scanner.use({ decay: Float32Array.of(-Math.LN2), skip: Float32Array.of(10) });
    const [state, y] = [Float32Array.of(4), new Float32Array(2)];
    const inputs = {
      x: Float32Array.of(1, 3),
      step: Float32Array.of(1, 2),
      parameters: Float32Array.of(5, 2, 1, 1),
    };
    scanner.run(inputs, 0, 2, state, y);
    // h = 4/2 + 1·1·5 = 7, y = 2·7 + 10·1; h = 7/4 + 2·3·1 = 7.75, y = 7.75 + 10·3.
    expect(y[0]).toBeCloseTo(24, 4);
    expect(y[1]).toBeCloseTo(37.75, 4);
    expect(state[0]).toBeCloseTo(7.75, 5);
  });

  test('a state that decays to nothing is forgotten, and no number stays no number', () => {
    const scanner = new Scanner(1, 1);
    scanner.use({ decay: Float32Array.of(-1e6), skip: Float32Array.of(0) });
    const [state, y] = [Float32Array.of(1), new Float32Array(2)];
    const inputs = {
      x: Float32Array.of(0, NaN),
      step: Float32Array.of(1, 1),
      parameters: Float32Array.of(1, 1, 1, 1),
    };
    scanner.run(inputs, 0, 2, state, y);
    expect(Math.abs(y[0])).toBeLessThan(1e-30);
    expect(y[1]).toBeNaN();
  });
});
