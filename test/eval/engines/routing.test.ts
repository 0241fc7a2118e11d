import { expect, test } from 'vitest';
import { type RoutingRule, route } from '../../../eval/engines/routing.ts';

const plain: RoutingRule = { perToken: 2, renormalize: false, factor: 1, groups: null };
const routes = (rows: number[][], rule: RoutingRule) =>
  route(Float32Array.from(rows.flat()), rows[0].length, rule).map(({ rows: own, shares }) => [
    [...own],
    [...shares].map((share) => Math.round(share * 1e6) / 1e6),
  ]);

test('each token goes to its best experts with their probabilities', () => {
  const found = routes(
    [
      [0.1, 0.4, 0.3, 0.2],
      [0.5, 0.1, 0.1, 0.3],
    ],
    plain,
  );
  expect(found).toEqual([
    [[1], [0.5]],
    [[0], [0.4]],
    [[0], [0.3]],
    [[1], [0.3]],
  ]);
});

test('renormalized shares add up to the factor', () => {
  const found = routes([[0.1, 0.4, 0.2, 0.3]], { ...plain, renormalize: true, factor: 2 });
  expect(found[1][1]).toEqual([1.142857]);
  expect(found[3][1]).toEqual([0.857143]);
  expect(found[0]).toEqual([[], []]);
});

test('of equal experts the lowest number wins', () => {
  const found = routes([[0.2, 0.3, 0.2, 0.3]], { ...plain, perToken: 3 });
  expect(found.map(([rows]) => rows)).toEqual([[0], [0], [], [0]]);
});

test('only the best groups are open', () => {
  // Groups (0, 1), (2, 3), (4, 5): the best experts of the groups are 0.3, 0.25 and 0.15, so 4 and 5 are closed.
  const scores = [[0.3, 0.02, 0.25, 0.03, 0.15, 0.14]];
  const found = routes(scores, { ...plain, perToken: 3, groups: { count: 3, perToken: 2 } });
  expect(found.map(([rows]) => rows)).toEqual([[0], [], [0], [0], [], []]);
});

test('an expert can be chosen by no token, and by all', () => {
  const found = routes(
    [
      [0.9, 0.1],
      [0.6, 0.4],
    ],
    { ...plain, perToken: 1 },
  );
  expect(found).toEqual([
    [
      [0, 1],
      [0.9, 0.6],
    ],
    [[], []],
  ]);
});
