/** Convolution and scan on the device, against the host references. */
import { expect, test } from 'vitest';
import { BL } from '../../eval/engines/cuda/kernels.gen.ts';
import { createRng } from '../../eval/math/rng.ts';
import {
  DTYPES,
  type Elements,
  poisoned,
  randomElements,
  randomFloats,
  toFloats,
  worstError,
} from './elements.ts';
import { describeGpu } from './gpu.ts';
import { loadReference } from './reference.ts';
import { runOnDevice } from './run.ts';

const reference = await loadReference();

/** Segments [rows, parent], one behind the other with a row between them that belongs to none. */
function layout(list: readonly (readonly [number, number])[]) {
  let T = 0;
  const rows = list.flatMap(([count, parent]) => {
    const first = T;
    T += count + 1;
    return [first, count, parent, 0];
  });
  const levelOf = (s: number): number => (list[s][1] < 0 ? 0 : 1 + levelOf(list[s][1]));
  const levels = Math.max(...list.map((_, s) => levelOf(s)));
  const maxRows = Math.max(...list.map(([count]) => count));
  return { segments: Int32Array.from(rows), S: list.length, T, levels, maxRows };
}

/** States cancel in a sum: one after the other in float32 they miss by up to 1.4e-5, in chunks by 3.7e-5 (one long segment). */
const FLOAT32_ERROR = 5e-5;

const layouts: [string, (readonly [number, number])[]][] = [
  ['one row', [[1, -1]]],
  ['a decoding step', Array.from({ length: 9 }, () => [1, -1] as const)],
  ['one long segment', [[301, -1]]],
  [
    'ragged',
    [
      [64, -1],
      [0, -1],
      [7, -1],
      [65, -1],
      [8, -1],
      [130, -1],
      [9, -1],
    ],
  ],
  [
    'children',
    [
      [70, -1],
      [5, 0],
      [1, 0],
      [66, 0],
      [2, -1],
      [1, 4],
      [90, 4],
    ],
  ],
  [
    'grandchildren',
    [
      [2, -1],
      [1, 0],
      [0, 1],
      [1, 2],
      [20, 3],
    ],
  ],
];

describeGpu('selective scan', (device) => {
  const scanOf = (dtype: number, n: number, C: number, list: (readonly [number, number])[], seed: number) => {
    const { T, ...segments } = layout(list);
    const rng = createRng(seed);
    // b and c lie in one matrix behind the step's rank, as the projection writes them.
    const parameters = randomFloats(rng, T * (2 * n + 3));
    return {
      ...{ dtype, x: randomElements(rng, dtype, T * (C + 8)), xStride: C + 8, C, n, ...segments },
      ...{ step: randomFloats(rng, T * C), stepStride: C, b: parameters.subarray(3), bStride: 2 * n + 3 },
      ...{
        c: parameters.subarray(3 + n),
        cStride: 2 * n + 3,
        z: randomElements(rng, dtype, T * C),
        zStride: C,
      },
      ...{ out: poisoned(dtype, T * C), outStride: C, logDecay: randomFloats(rng, C * n, 1.5) },
      ...{ skip: randomFloats(rng, C), state: randomFloats(rng, segments.S * C * n), resume: seed % 2 },
    };
  };

  for (const [name, list] of layouts) {
    test.each(DTYPES)(`scans ${name}: $name`, ({ dtype, spacing }) => {
      for (const [n, C] of [
        [16, 40],
        [5, 16],
        [20, 33],
        [40, 5],
      ]) {
        const values = scanOf(dtype, n, C, list, n);
        const found = runOnDevice(device(), 'selectiveScan', values);
        reference.selectiveScan(values);
        const [own, expected] = [found.out as Elements, values.out].map((out) => toFloats(dtype, out));
        expect(worstError(own, expected), `out, ${n} states`).toBeLessThan(Math.max(FLOAT32_ERROR, spacing));
        expect(worstError(found.state as Float32Array, values.state), `state, ${n} states`).toBeLessThan(
          1e-5,
        );
      }
    });

    test.each(DTYPES)(`convolves ${name}: $name`, ({ dtype, spacing }) => {
      for (const [width, C] of [
        [4, 40],
        [1, 7],
        [3, 130],
        [9, 5],
      ]) {
        for (const kept of [true, false]) {
          const { T, ...segments } = layout(list);
          const rng = createRng(width);
          const history = kept && width > 1 ? randomFloats(rng, segments.S * (width - 1) * C) : null;
          const values = {
            ...{ dtype, x: randomElements(rng, dtype, T * (C + 1)), xStride: C + 1, C, width, ...segments },
            ...{ out: poisoned(dtype, T * C), outStride: C, weight: randomFloats(rng, C * width) },
            ...{ bias: kept ? randomFloats(rng, C) : null, history },
          };
          const found = runOnDevice(device(), 'causalConv', values);
          reference.causalConv(values);
          const [own, expected] = [found.out as Elements, values.out].map((out) => toFloats(dtype, out));
          expect(worstError(own, expected), `width ${width}`).toBeLessThan(Math.max(1e-5, spacing));
          expect(found.history).toEqual(values.history);
        }
      }
    });
  }

  test('a segment has the same bits alone and beside others', () => {
    const [n, C] = [16, 40];
    const whole = scanOf(
      BL.BF16,
      n,
      C,
      [
        [200, -1],
        [3, -1],
        [8, -1],
      ],
      1,
    );
    const all = runOnDevice(device(), 'selectiveScan', whole);
    for (let s = 0; s < whole.S; s += 1) {
      const [first, rows] = whole.segments.subarray(4 * s);
      const own = runOnDevice(device(), 'selectiveScan', {
        ...whole,
        ...{ segments: Int32Array.of(first, rows, -1, 0), S: 1, maxRows: rows },
        state: whole.state.slice(s * C * n, (s + 1) * C * n),
      });
      const range = [first * C, (first + rows) * C] as const;
      expect((own.out as Elements).slice(...range)).toEqual((all.out as Elements).slice(...range));
      expect(own.state).toEqual((all.state as Float32Array).slice(s * C * n, (s + 1) * C * n));
    }
  });
});
