/** Names along a front: one for each stretch of a model, where there is room. */
import { expect, it } from 'vitest';
import { frontNames } from '../../site/charts/memory-front-names.ts';

const PLOT = {
  width: 300,
  height: 200,
  x: { type: 'log', domain: [1, 1000] },
  y: { domain: [0, 1] },
} as const;
const at = (bytes: number, score: number, model: string) => ({ bytes, score, model });
const namesOf = (...given: Parameters<typeof frontNames>) =>
  frontNames(...given).map(({ point, side }) => `${point.model} ${point.bytes} ${side}`);

it('stand above their points, the first below where the frame is in the way, once for a stretch of a model', () => {
  const front = [at(1, 0.5, 'small'), at(100, 0.8, 'middle'), at(150, 0.85, 'middle'), at(900, 0.9, 'large')];
  expect(namesOf(front, [], PLOT)).toEqual(['small 1 below', 'middle 100 above', 'large 900 above']);
});

it('cover no point and no other name: the next point of the stretch is tried, or there is none', () => {
  const front = [at(1, 0.5, 'small'), at(2, 0.8, 'small')];
  expect(namesOf(front, [at(1.5, 0.44, 'other')], PLOT)).toEqual(['small 2 below']);
  const close = [at(500, 0.8, 'one model'), at(505, 0.801, 'another model')];
  expect(namesOf(close, [], PLOT)).toEqual(['one model 500 above']);
});

it('follow a scale on which less is better', () => {
  const plot = { ...PLOT, y: { type: 'log', reverse: true, domain: [2, 20] } } as const;
  expect(namesOf([at(500, 19.9, 'worst')], [], plot)).toEqual(['worst 500 above']);
  expect(namesOf([at(1, 19.9, 'worst')], [], plot)).toEqual([]);
});
