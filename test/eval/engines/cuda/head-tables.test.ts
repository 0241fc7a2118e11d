/** Tables of the head against the obvious way to make them. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ROW_TILE } from '../../../../eval/engines/cuda/head.ts';
import { headTableBytes, headTables } from '../../../../eval/engines/cuda/head-tables.ts';
import { joined } from '../../../../eval/engines/cuda/uploads.ts';

const R = 2 * ROW_TILE + 100;
const pairs = fc.array(fc.tuple(fc.nat({ max: R - 1 }), fc.nat({ max: 999 })), { maxLength: 40 });

test('pairs come by row, those of one row as they were asked for', () => {
  fc.assert(
    fc.property(pairs, (asked) => {
      const rows = Int32Array.from({ length: R }, (_, i) => 3 * i);
      const questions = {
        rows,
        pairs: {
          rows: Int32Array.from(asked, ([row]) => row),
          tokens: Int32Array.from(asked, ([, token]) => token),
        },
        reference: { rows: Int32Array.of(4, 2), states: [] },
      };
      const { order, tilePairs, tables } = headTables(questions);
      const expected = [...asked.keys()].sort((a, b) => asked[a]![0] - asked[b]![0]);
      const sorted = expected.map((i) => asked[i]!);
      expect([...order]).toEqual(expected);
      expect(tilePairs).toEqual(
        [0, 1, 2, 3].map((tile) => sorted.filter(([row]) => row < tile * ROW_TILE).length),
      );
      expect(tables.slice(1).map((table) => [...table])).toEqual([
        sorted.map(([row]) => row),
        sorted.map(([row]) => row % ROW_TILE),
        sorted.map(([, token]) => token),
        [12, 6],
      ]);
      expect(tables[0]).toBe(rows);
      const sizes = { mostRows: R, pairs: asked.length, compared: 2 };
      expect(joined(tables).data.byteLength).toBeLessThanOrEqual(headTableBytes(sizes));
    }),
    { numRuns: 30 },
  );
});
