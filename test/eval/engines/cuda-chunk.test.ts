/** The tables by which kernels read a chunk. */
import { expect, test } from 'vitest';
import { hostTables, tableBytes } from '../../../eval/engines/cuda/chunk.ts';
import { packRequests, packSequences } from '../../../eval/engines/pack.ts';
import type { Rope } from '../../../eval/families/architecture.ts';

const BASE = 4096;
const LONG: Rope = {
  ...{ kind: 'rope', inverseFrequencies: [1], attentionFactor: 1, layout: 'half' },
  long: { beyond: 3, inverseFrequencies: [0.5], attentionFactor: 1 },
};

/** The int32 values that a table of `count` begins with. */
function read(
  { data, at }: ReturnType<typeof hostTables>,
  table: (tables: ReturnType<typeof at>) => number,
  count: number,
) {
  const start = (table(at(BASE)) - BASE) / 4;
  return [...data.subarray(start, start + count)];
}

test('continuations go on from the context that they share', () => {
  const request = {
    context: [5, 6, 7],
    continuations: [
      [1, 2, 3],
      [4, 9],
    ],
  };
  const [{ chunk }] = packRequests([request], 100) as [ReturnType<typeof packRequests>[number]];
  const tables = hostTables(chunk, [], 16);
  const { T, S, maxRows, levels, runs, attention } = tables.at(BASE);
  expect({ T, S, maxRows, levels }).toEqual({ T: 6, S: 3, maxRows: 3, levels: 1 });
  expect([attention.count, attention.maxQueries]).toEqual([3, 3]);
  expect(runs.map(({ from, to }) => [from, to])).toEqual([
    [0, 3],
    [3, 5],
    [5, 6],
  ]);
  expect(read(tables, ({ tokens }) => tokens, 6)).toEqual([5, 6, 7, 1, 2, 4]);
  expect(read(tables, ({ positions }) => positions, 6)).toEqual([0, 1, 2, 3, 4, 3]);
  // query_row, queries, first_position, prefix_row, prefix_length, own_row
  expect(read(tables, ({ attention: { at } }) => at, 18)).toEqual([
    ...[0, 3, 0, 0, 0, 0],
    ...[3, 2, 3, 0, 3, 3],
    ...[5, 1, 3, 0, 3, 5],
  ]);
  // first row, rows, parent, 0
  expect(read(tables, ({ scan }) => scan, 12)).toEqual([0, 3, -1, 0, 3, 2, 0, 0, 5, 1, 0, 0]);
});

test('a lone continuation is one run with its context', () => {
  const [{ chunk }] = packRequests([{ context: [5, 6], continuations: [[1, 2, 3]] }], 100) as [
    ReturnType<typeof packRequests>[number],
  ];
  const { S, maxRows, levels } = hostTables(chunk, [], 16).at(BASE);
  expect({ S, maxRows, levels }).toEqual({ S: 1, maxRows: 4, levels: 0 });
});

test('a long run is read in pieces, the last first', () => {
  const tables = hostTables(packSequences([[9], Array(600).fill(1)]), [], 1024);
  const { count, maxQueries } = tables.at(BASE).attention;
  expect({ count, maxQueries }).toEqual({ count: 4, maxQueries: 256 });
  expect(read(tables, ({ attention: { at } }) => at, 24)).toEqual([
    ...[0, 1, 0, 0, 0, 0],
    ...[513, 88, 512, 0, 0, 1],
    ...[257, 256, 256, 0, 0, 1],
    ...[1, 256, 0, 0, 0, 1],
  ]);
});

test('tokens of long texts turn by the second half of the tables', () => {
  const tables = hostTables(
    packSequences([
      [1, 2],
      [3, 4, 5, 6],
    ]),
    [3],
    16,
  );
  expect(read(tables, ({ rotationRows }) => rotationRows(LONG), 6)).toEqual([0, 1, 16, 17, 18, 19]);
  expect(read(tables, ({ rotationRows }) => rotationRows({ ...LONG, long: null }), 6)).toEqual([
    0, 1, 0, 1, 2, 3,
  ]);
});

test('every table begins at a multiple of 16 bytes and all fit in the bytes planned', () => {
  const tables = hostTables(packSequences([[1], [2, 3, 4, 5], [6, 7]]), [3], 16);
  const { tokens, positions, attention, scan } = tables.at(BASE);
  for (const place of [tokens, positions, attention.at, scan]) expect(place % 16).toBe(0);
  expect(tables.data.byteLength).toBeLessThanOrEqual(tableBytes(7, 1));
});

test('what kernels cannot read is refused', () => {
  const chunk = packSequences([[1, 2, 3]]);
  // Three pieces of one text, apart from each other.
  const apart = {
    tokens: Int32Array.of(1, 8, 2, 9, 3),
    positions: Int32Array.of(0, 0, 1, 1, 2),
    segments: Int32Array.of(0, 1, 0, 1, 0),
    parents: Int32Array.of(0, 1, 0, 1, 0),
    lengths: Int32Array.of(3, 2, 3, 2, 3),
  };
  expect(() => hostTables(apart, [], 16)).toThrow('more than two pieces');
  expect(() => hostTables({ ...chunk, positions: Int32Array.of(1, 2, 3) }, [], 16)).toThrow('position 1');
});
