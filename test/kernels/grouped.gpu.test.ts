/** Grouped products on the device, against sums in float64, for every shape of tile. */
import { expect, test } from 'vitest';
import { BL } from '../../eval/engines/cuda/kernels.gen.ts';
import { createRng } from '../../eval/math/rng.ts';
import { DTYPES, type Elements, poisoned, randomElements, toFloats, worstError } from './elements.ts';
import { describeGpu } from './gpu.ts';
import { loadReference } from './reference.ts';
import { runOnDevice } from './run.ts';

const reference = await loadReference();

/** Rows of each expert; their mean decides the tile: below 24, below 96, and above. */
const spreads: [string, number[], number, number][] = [
  ['one row', [0, 1, 0], 64, 64],
  ['a decoding step', [0, 3, 0, 1, 17, 0, 0, 1], 136, 200],
  ['60 experts, most of them empty', Array.from({ length: 60 }, (_, e) => (e % 7 === 3 ? e : 0)), 72, 136],
  ['about 64 rows', [64, 1, 0, 130, 63, 65], 200, 264],
  ['large tiles', [129, 0, 300, 127], 264, 1032],
  ['odd sizes', [5, 0, 70, 33], 37, 19],
  ['odd sizes, few rows', [1, 0, 2, 0, 3], 67, 131],
];

function slotsOf(counts: readonly number[]): Int32Array {
  const slots = new Int32Array(counts.length + 1);
  for (const [e, count] of counts.entries()) slots[e + 1] = slots[e] + count;
  return slots;
}

describeGpu('grouped matmul', (device) => {
  const cases = DTYPES.flatMap((type) => [
    { ...type, outDtype: BL.F32 as number, out: 'float32' },
    ...(type.dtype === BL.F32 ? [] : [{ ...type, outDtype: type.dtype as number, out: type.name }]),
  ]);

  test.each(cases)('$name to $out', ({ dtype, outDtype, spacing }) => {
    for (const [name, counts, N, K] of spreads) {
      const rng = createRng(N);
      const slots = slotsOf(counts);
      const E = counts.length;
      // Two rows more than the experts have: they stay as they were.
      const rows = slots[E] + 2;
      const x = randomElements(rng, dtype, rows * K);
      const experts = randomElements(rng, dtype, E * N * K, K ** -0.5);
      const values = { dtype, x, experts, out: poisoned(outDtype, rows * N), outDtype, slots, E, rows, N, K };
      const found = toFloats(outDtype, runOnDevice(device(), 'groupedMatmul', values).out as Elements);
      reference.groupedMatmul(values);
      const expected = toFloats(outDtype, values.out);
      const tolerance = outDtype === BL.F32 ? 2e-5 : spacing;
      expect(worstError(found, expected), name).toBeLessThan(tolerance);
      expect(found.subarray((rows - 2) * N).every(Number.isNaN), name).toBe(true);
    }
  });

  test.each(DTYPES)('a row has the same bits in every tile: $name', ({ dtype }) => {
    const rng = createRng(8);
    const [N, K] = [264, 456];
    const most = 500;
    const x = randomElements(rng, dtype, most * K);
    const experts = randomElements(rng, dtype, 2 * N * K);
    const outputs = [3, 40, 150, most].map((rows) => {
      const slots = Int32Array.of(0, 0, rows);
      const out = poisoned(BL.F32, rows * N);
      const values = {
        dtype,
        x: x.slice(0, rows * K),
        experts,
        out,
        outDtype: BL.F32,
        slots,
        E: 2,
        rows,
        N,
        K,
      };
      return runOnDevice(device(), 'groupedMatmul', values).out as Float32Array;
    });
    for (const out of outputs) expect(out).toEqual(outputs.at(-1)!.subarray(0, out.length));
  });
});
