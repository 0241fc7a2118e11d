import { expect, test } from 'vitest';
import type { Chunk } from '../../../eval/engines/engine.ts';
import { packRequests, packSequences } from '../../../eval/engines/pack.ts';
import { runsOf } from '../../../eval/engines/runs.ts';

test('each sequence is a run from nothing', () => {
  expect(runsOf(packSequences([[1, 2, 3], [4], [5, 6]]))).toEqual([
    { from: 0, to: 3, source: null },
    { from: 3, to: 4, source: null },
    { from: 4, to: 6, source: null },
  ]);
});

test('continuations of one context go on from its end', () => {
  const requests = [{ context: [1, 2], continuations: [[3, 4, 5], [6, 7], [8]] }];
  const [{ chunk }] = packRequests(requests, 100);
  expect([...chunk.tokens]).toEqual([1, 2, 3, 4, 6]);
  expect(runsOf(chunk)).toEqual([
    { from: 0, to: 2, source: null },
    { from: 2, to: 4, source: 0 },
    { from: 4, to: 5, source: 0 },
  ]);
});

test('a segment in two pieces goes on from its own end', () => {
  const column = (...values: number[]) => Int32Array.from(values);
  const chunk: Chunk = {
    ...packSequences([[7, 7, 7, 7]]),
    positions: column(0, 1, 0, 2),
    segments: column(0, 0, 1, 0),
    parents: column(0, 0, 1, 0),
  };
  expect(runsOf(chunk)).toEqual([
    { from: 0, to: 2, source: null },
    { from: 2, to: 3, source: null },
    { from: 3, to: 4, source: 0 },
  ]);
});

test('a continuation from the middle of its prefix is refused', () => {
  const column = (...values: number[]) => Int32Array.from(values);
  const chunk: Chunk = {
    ...packSequences([[7, 7, 7]]),
    positions: column(0, 1, 1),
    segments: column(0, 0, 1),
    parents: column(0, 0, 0),
  };
  expect(() => runsOf(chunk)).toThrow(
    /token 2 has position 1 where the text that it goes on from ends before 2/,
  );
});
