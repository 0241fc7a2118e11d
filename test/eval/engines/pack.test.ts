/** Packing of requests into chunks, and tiles of chunks. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Chunk, ScoreRequest } from '../../../eval/engines/engine.ts';
import {
  checkScoreRequests,
  type PackedChunk,
  packRequests,
  packSequences,
} from '../../../eval/engines/pack.ts';
import { tilesOf } from '../../../eval/engines/tiles.ts';

const rowsOf = ({ tokens, positions, segments, parents }: Chunk) =>
  [...tokens].map((token, i) => [token, positions[i], segments[i], parents[i]]);

/** The rule of `Chunk`, by the letter. */
function sees({ positions, segments, parents }: Chunk, query: number, key: number): boolean {
  const isRelated = segments[key] === segments[query] || segments[key] === parents[query];
  return isRelated && positions[key]! <= positions[query]!;
}

/** The tokens that a row's prediction rests on, in order of position. */
function history(chunk: Chunk, row: number): number[] {
  const visible = [...chunk.tokens.keys()].filter((key) => sees(chunk, row, key));
  return visible.sort((a, b) => chunk.positions[a]! - chunk.positions[b]!).map((key) => chunk.tokens[key]!);
}

/** Token by token. */
function predictions({ chunk, targets }: PackedChunk) {
  return targets.flatMap(({ tokens, firstRow, nextRow, ...asked }) =>
    tokens.map((token, offset) => {
      const row = offset === 0 ? firstRow : nextRow + offset - 1;
      return { ...asked, chunk, row, token, offset };
    }),
  );
}

describe('one chunk', () => {
  test('a context with several continuations is a segment of its own', () => {
    const [packed] = packRequests(
      [
        {
          context: [7, 8],
          continuations: [
            [1, 2, 3],
            [4, 5],
          ],
        },
      ],
      100,
    );
    expect(rowsOf(packed!.chunk)).toEqual([
      [7, 0, 0, 0],
      [8, 1, 0, 0],
      [1, 2, 1, 0],
      [2, 3, 1, 0],
      [4, 2, 2, 0],
    ]);
    expect(
      predictions(packed!).map(({ row, token, continuation, offset }) => [row, token, continuation, offset]),
    ).toEqual([
      [1, 1, 0, 0],
      [2, 2, 0, 1],
      [3, 3, 0, 2],
      [1, 4, 1, 0],
      [4, 5, 1, 1],
    ]);
  });

  test('a single continuation goes on in the segment of its context', () => {
    const [packed] = packRequests([{ context: [7], continuations: [[1, 2]] }], 100);
    expect(rowsOf(packed!.chunk)).toEqual([
      [7, 0, 0, 0],
      [1, 1, 0, 0],
    ]);
  });

  test('equal contexts and equal continuations are computed once', () => {
    const requests = [
      { context: [7, 8], continuations: [[1], [2]] },
      { context: [7, 8], continuations: [[2], [3, 4]] },
    ];
    const [packed] = packRequests(requests, 100);
    expect([...packed!.chunk.tokens]).toEqual([7, 8, 3]);
    expect(predictions(packed!)).toHaveLength(5);
  });

  test('a unit over the limit is split, the context repeated', () => {
    const continuations = [
      [1, 1, 1],
      [2, 2, 2],
      [3, 3, 3],
    ];
    const packed = packRequests([{ context: [9, 9, 9], continuations }], 7);
    expect(packed.map(({ chunk }) => [...chunk.tokens])).toEqual([
      [9, 9, 9, 1, 1, 2, 2],
      [9, 9, 9, 3, 3],
    ]);
  });
});

const tokens = fc.array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 6 });
const requests = fc.array(
  fc.record({ context: tokens, continuations: fc.array(tokens, { minLength: 1, maxLength: 4 }) }),
  {
    maxLength: 8,
  },
);

describe('any requests', () => {
  test('every token of every continuation is predicted once, from exactly what is before it', () => {
    fc.assert(
      fc.property(requests, fc.integer({ min: 1, max: 30 }), (asked: ScoreRequest[], maxTokens) => {
        const targets = packRequests(asked, maxTokens).flatMap(predictions);
        expect(targets).toHaveLength(asked.flatMap(({ continuations }) => continuations.flat()).length);
        for (const { chunk, row, token, request, continuation, offset } of targets) {
          const { context, continuations } = asked[request]!;
          expect(token).toBe(continuations[continuation]![offset]);
          expect(history(chunk, row)).toEqual([...context, ...continuations[continuation]!.slice(0, offset)]);
        }
      }),
    );
  });

  test('chunks do not depend on the order of requests and keep to the limit where they can', () => {
    fc.assert(
      fc.property(requests, fc.integer({ min: 12, max: 30 }), (asked: ScoreRequest[], maxTokens) => {
        const chunks = packRequests(asked, maxTokens).map(({ chunk }) => rowsOf(chunk));
        expect(packRequests(asked.toReversed(), maxTokens).map(({ chunk }) => rowsOf(chunk))).toEqual(chunks);
        for (const chunk of chunks) expect(chunk.length).toBeLessThanOrEqual(maxTokens);
      }),
    );
  });
});

describe('tiles', () => {
  test('cover all queries once, and hold every key that a query sees', () => {
    const limits = fc.record({
      maxQueries: fc.integer({ min: 1, max: 9 }),
      maxScores: fc.integer({ min: 1, max: 60 }),
    });
    const windows = fc.option(fc.integer({ min: 1, max: 5 }));
    fc.assert(
      fc.property(
        requests,
        limits,
        windows,
        fc.boolean(),
        (asked: ScoreRequest[], limit, window, shuffle) => {
          for (const { chunk: packed } of packRequests(asked, 25)) {
            const chunk = shuffle ? reversed(packed) : packed;
            const tiles = tilesOf(chunk, window, limit);
            expect(tiles.map(({ from }) => from)).toEqual([0, ...tiles.slice(0, -1).map(({ to }) => to)]);
            expect(tiles.at(-1)!.to).toBe(chunk.tokens.length);
            for (const { from, to, keyFrom, keyTo } of tiles) {
              expect(to - from === 1 || (to - from) * (keyTo - keyFrom) <= limit.maxScores).toBe(true);
              for (let query = from; query < to; query++) {
                const seen = [...chunk.tokens.keys()].filter(
                  (key) =>
                    sees(chunk, query, key) &&
                    (window === null || chunk.positions[query]! - chunk.positions[key]! < window),
                );
                expect(seen.every((key) => key >= keyFrom && key < keyTo)).toBe(true);
              }
            }
          }
        },
      ),
    );
  });

  test('of a long text end with their last query and, with a window, begin with its first key', () => {
    const [{ chunk }] = packRequests(
      [{ context: Array.from({ length: 8 }, (_, i) => i), continuations: [[1]] }],
      100,
    ) as [PackedChunk];
    const limits = { maxQueries: 4, maxScores: 1000 };
    expect(tilesOf(chunk, null, limits)).toEqual([
      { from: 0, to: 4, keyFrom: 0, keyTo: 4 },
      { from: 4, to: 8, keyFrom: 0, keyTo: 8 },
    ]);
    expect(tilesOf(chunk, 2, limits)[1]).toEqual({ from: 4, to: 8, keyFrom: 3, keyTo: 8 });
  });
});

function reversed({ tokens: ids, positions, segments, parents, lengths }: Chunk): Chunk {
  return {
    tokens: ids.toReversed(),
    positions: positions.toReversed(),
    segments: segments.toReversed(),
    parents: parents.toReversed(),
    lengths: lengths.toReversed(),
  };
}

describe('requests that cannot be scored', () => {
  test.for<[string, ScoreRequest, string]>([
    ['an empty context', { context: [], continuations: [[1]] }, 'engine/request'],
    ['no continuation', { context: [1], continuations: [] }, 'engine/request'],
    ['an empty continuation', { context: [1], continuations: [[1], []] }, 'engine/request'],
    ['a token that does not exist', { context: [10], continuations: [[1]] }, 'engine/request'],
    ['a negative token', { context: [1], continuations: [[-1]] }, 'engine/request'],
    ['half a token', { context: [1.5], continuations: [[1]] }, 'engine/request'],
    [
      'more than the model has positions for',
      { context: [1, 2, 3], continuations: [[1, 2, 3]] },
      'engine/too-long',
    ],
  ])('%s', ([, request, code]) => {
    const good = { context: [1, 2, 3], continuations: [[1, 2]] };
    expect(() => checkScoreRequests([good], 10, 4)).not.toThrow();
    expect(() => checkScoreRequests([good, request], 10, 4)).toThrow(
      expect.objectContaining({ code, details: expect.objectContaining({ index: 1 }) }),
    );
  });
});

describe('models that compute long texts differently', () => {
  const context = [1, 2, 3];
  const [short, long] = [
    [4, 5],
    [4, 5, 6, 7],
  ];

  test('read a context again for continuations beyond the limit', () => {
    // Of a continuation all but the last token are read: texts of 4 and 6 tokens.
    const lengths = (limits: readonly number[]) =>
      packRequests([{ context, continuations: [short, long] }], 100, limits).flatMap(({ chunk }) => [
        ...chunk.lengths,
      ]);
    expect(lengths([])).toEqual(Array(7).fill(6));
    expect(lengths([5])).toEqual([...Array(6).fill(6), ...Array(4).fill(4)]);
    expect(lengths([6])).toEqual(Array(7).fill(6));
  });

  test('see the same chunks whatever is asked beside', () => {
    const alone = packRequests([{ context, continuations: [short] }], 100, [5]);
    const beside = packRequests([{ context, continuations: [short, long] }], 4, [5]);
    expect(beside.at(-1)!.chunk).toEqual(alone[0]!.chunk);
  });

  test('know how long a text becomes that is generated', () => {
    expect([...packSequences([context, short], [9, 2]).lengths]).toEqual([9, 9, 9, 2, 2]);
    expect([...packSequences([context]).lengths]).toEqual([3, 3, 3]);
  });
});
