/** Every rung of attention, and decoding from pages, on the device against the host reference. */
import { expect, test } from 'vitest';
import { BitlossError } from '../../data/errors.ts';
import type { Device } from '../../eval/engines/cuda/device.ts';
import { BL } from '../../eval/engines/cuda/kernels.gen.ts';
import {
  type AttentionProblem,
  continuations,
  gatherRows,
  pagesFor,
  problemOf,
  relativeError,
  type Segment,
  type Shape,
  segmentsOf,
  texts,
  withRows,
  writtenOut,
} from './attention-cases.ts';
import { DTYPES, type Elements, poisoned, toFloats } from './elements.ts';
import { describeGpu } from './gpu.ts';
import { loadReference } from './reference.ts';
import { runOnDevice } from './run.ts';

const reference = await loadReference();
const RUNGS = [0, 1, 2];
/** Of the norm of all results; 16-bit rungs also round the weights to 16 bits. */
const TOLERANCE: Readonly<Record<number, number>> = { [BL.F32]: 2e-6, [BL.F16]: 5e-4, [BL.BF16]: 4e-3 };

/** What a rung writes; null where it does not take the problem. */
function runRung(device: Device, problem: AttentionProblem, rung: number): Elements | null {
  try {
    return runOnDevice(device, 'attention', { ...problem, rung }).out as Elements;
  } catch (error) {
    if (error instanceof BitlossError && error.code === 'kernels/unsupported') return null;
    throw error;
  }
}

const even = (heads: number, kvHeads: number, dim: number): Shape => ({
  ...{ heads, kvHeads, qkDim: dim, vDim: dim },
});

const shapes: [string, Shape][] = [
  ['every head its own keys of 32', even(4, 4, 32)],
  ['48', even(4, 2, 48)],
  ['64, four queries a key', even(8, 2, 64)],
  ['80, three queries a key', even(6, 2, 80)],
  ['96, seven queries on one key', even(7, 1, 96)],
  ['128', even(8, 2, 128)],
  ['256', even(3, 1, 256)],
  ['keys wider than values, as latent attention has', { heads: 4, kvHeads: 4, qkDim: 192, vDim: 128 }],
  ['sizes between those of tiles', { heads: 2, kvHeads: 2, qkDim: 200, vDim: 160 }],
  ['values wider than keys', { heads: 4, kvHeads: 4, qkDim: 24, vDim: 40 }],
  ['sizes that fill no vector', { heads: 3, kvHeads: 1, qkDim: 33, vDim: 17 }],
  ['a window below a tile', { ...even(4, 1, 64), window: 50 }],
  ['a window and a cap', { ...even(8, 2, 128), window: 90, softCap: 5 }],
  ['a cap, 256', { ...even(2, 1, 256), softCap: 20 }],
  ['biases by distance', { ...even(4, 1, 64), alibi: 'plain' }],
  ['biases by distance, window and cap', { ...even(8, 2, 128), alibi: 'plain', window: 90, softCap: 3 }],
  ["Falcon's biases", { ...even(8, 1, 64), alibi: 'rounded' }],
];

describeGpu('attention', (device) => {
  for (const { name, dtype } of DTYPES) {
    test.each(shapes)(`every rung, ${name}: %s`, (_, shape) => {
      const problem = problemOf(dtype, shape, texts([1, 7, 64, 65, 300, 129, 16]), 5);
      reference.attention(problem);
      const expected = toFloats(dtype, problem.out);
      const fresh = { ...problem, out: poisoned(dtype, problem.out.length) };
      const results = RUNGS.map((rung) => runRung(device(), fresh, rung));
      expect(results[0]).not.toBeNull();
      for (const found of results) {
        if (found !== null)
          expect(relativeError(toFloats(dtype, found), expected)).toBeLessThan(TOLERANCE[dtype]);
      }
      const best = results.findLast((found) => found !== null);
      expect(runRung(device(), fresh, -1)).toEqual(best);
    });

    test.each([0, 1, 63, 64, 65, 700])(`a shared prefix of %i gives the same bits, ${name}`, (prefix) => {
      const lengths = [10, 1, 33, 7];
      const shared = continuations(prefix, lengths);
      for (const shape of [
        even(4, 1, 64),
        { ...even(2, 1, 128), window: prefix === 65 ? 40 : 0 },
        even(2, 2, 256),
      ]) {
        const problem = problemOf(dtype, shape, shared, prefix);
        const apart = writtenOut(shared.slice(-lengths.length));
        const alone = withRows(problem, apart.rows, apart.segments);
        const lastRows = rowsOf(shared.slice(-lengths.length));
        const apartRows = rowsOf(apart.segments, prefix);
        for (const rung of RUNGS) {
          const found = runRung(device(), problem, rung);
          if (found === null) continue;
          const expected = runRung(device(), alone, rung)!;
          const [own, other] = [
            gatherRows(found, problem.outStride, lastRows),
            gatherRows(expected, problem.outStride, apartRows),
          ];
          expect(bytesOf(own).equals(bytesOf(other)), `rung ${rung}`).toBe(true);
          expect(toFloats(dtype, own).some(Number.isFinite)).toBe(true);
        }
        if (prefix > 65) continue;
        reference.attention(problem);
        const found = toFloats(dtype, runRung(device(), problem, -1)!);
        expect(relativeError(found, toFloats(dtype, problem.out))).toBeLessThan(TOLERANCE[dtype]);
      }
    });

    test(`neither order nor company of segments changes a bit, ${name}`, () => {
      const segments = [...continuations(70, [4, 150, 20]), [247, 90, 0, 0, 0, 247] as const];
      for (const shape of [even(8, 2, 128), { ...even(6, 2, 64), softCap: 9, alibi: 'plain' as const }]) {
        const problem = problemOf(dtype, shape, segments, 9);
        for (const rung of RUNGS) {
          const all = runRung(device(), problem, rung);
          if (all === null) continue;
          const again = { ...problem, ...segmentsOf(segments.toReversed()), maxQueries: 500 };
          expect(bytesOf(runRung(device(), again, rung)!).equals(bytesOf(all))).toBe(true);
          for (const segment of segments) {
            const single = runRung(device(), { ...problem, ...segmentsOf([segment]) }, rung)!;
            const rows = rowsOf([segment]);
            const [own, other] = [single, all].map((out) => gatherRows(out, problem.outStride, rows));
            expect(bytesOf(own).equals(bytesOf(other))).toBe(true);
          }
        }
      }
    });

    test.each(shapes)(`decoding from pages, ${name}: %s`, (_, shape) => {
      const lengths = [1, 300, 0, 255, 257, 64, 600];
      const problem = problemOf(dtype, shape, texts(lengths), 3);
      const { pageTable, positions, rows, writes, ...pages } = pagesFor(lengths, 16, 38);
      const written = (x: Elements, xStride: number, width: number) => {
        const values = { ...pages, ...writes, dtype, x, xStride, pageTable, width };
        const cache = poisoned(dtype, rows * width);
        const onDevice = runOnDevice(device(), 'cacheWrite', { ...values, cache }).cache as Elements;
        reference.cacheWrite({ ...values, cache });
        expect(bytesOf(onDevice).equals(bytesOf(cache))).toBe(true);
        return cache;
      };
      const bytes = new BigInt64Array(1);
      device().kernels.attentionScratch({
        ...{ B: lengths.length, heads: shape.heads, vDim: shape.vDim },
        maxPositions: 608,
        bytes,
      });
      const { segments, S, maxQueries, rung, k, v, kStride, vStride, ...both } = problem;
      const last = lengths.map((_, b) => lengths.slice(0, b + 1).reduce((sum, length) => sum + length, -1));
      const values = {
        ...{ ...both, ...pages, pageTable, positions, scratch: new Uint8Array(Number(bytes[0])).fill(255) },
        q: gatherRows(problem.q as Elements, problem.qStride, last),
        kCache: written(k as Elements, kStride, shape.kvHeads * shape.qkDim),
        vCache: written(v as Elements, vStride, shape.kvHeads * shape.vDim),
        out: poisoned(dtype, lengths.length * problem.outStride),
      };
      const found = toFloats(dtype, runOnDevice(device(), 'attentionDecode', values).out as Elements);
      reference.attentionDecode(values);
      expect(relativeError(found, toFloats(dtype, values.out))).toBeLessThan(TOLERANCE[dtype]);
      // The same queries as last ones of a whole text.
      const whole = runRung(device(), problem, -1)!;
      const expected = toFloats(dtype, gatherRows(whole, problem.outStride, last));
      const present = found.map((value, i) =>
        lengths[Math.floor(i / problem.outStride)] === 0 ? NaN : value,
      );
      const other = expected.map((value, i) => (Number.isNaN(present[i]) ? NaN : value));
      expect(relativeError(present, other)).toBeLessThan(1.5 * TOLERANCE[dtype]);
    });
  }
});

/** Rows of the queries of segments, without the first `skip` of each. */
function rowsOf(segments: readonly Segment[], skip = 0): number[] {
  return segments.flatMap(([query, queries]) =>
    Array.from({ length: queries - skip }, (_, i) => query + skip + i),
  );
}

function bytesOf(elements: Elements): Buffer {
  return Buffer.from(elements.buffer, elements.byteOffset, elements.byteLength);
}
