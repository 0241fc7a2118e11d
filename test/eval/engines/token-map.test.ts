import { expect, test } from 'vitest';
import { TokenMap } from '../../../eval/engines/token-map.ts';

test('equal tokens have one value, whatever list they are in', () => {
  const map = new TokenMap<number>();
  let made = 0;
  const lookUp = (tokens: readonly number[]) => map.getOrMake(tokens, () => ++made);
  const lists = [[], [0], [0, 0], [1, 23], [12, 3], [-0, 1]];
  expect(lists.map(lookUp)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(lists.map((tokens) => lookUp([...tokens]))).toEqual([1, 2, 3, 4, 5, 6]);
  expect(lookUp([0, 1])).toBe(6);
});

test('different tokens of one hash stay apart', () => {
  const afterFirst = (token: number) => Math.imul(0x811c9dc5 ^ token, 0x01000193);
  const lists = [
    [0, 5],
    [1, afterFirst(0) ^ afterFirst(1) ^ 5],
  ];
  const map = new TokenMap<number>();
  const lookUp = (tokens: readonly number[], value: number) => map.getOrMake(tokens, () => value);
  expect(lists.map(lookUp)).toEqual([0, 1]);
  expect(lists.map((tokens) => lookUp(tokens, 9))).toEqual([0, 1]);
});
