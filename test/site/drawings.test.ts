/** Drawings from the second thread are those of the first. */
import { expect, it } from 'vitest';
import { draw } from '../../site/lib/drawings.ts';
import { drawSvg, type TopLevelSpec } from '../../site/lib/vega.ts';

const spec = (y: string): TopLevelSpec => ({
  data: {
    values: [
      { x: 1, y: 2 },
      { x: 3, y: 5 },
    ],
  },
  mark: 'line',
  encoding: { x: { field: 'x', type: 'quantitative' }, y: { field: y, type: 'quantitative' } },
});

it('a drawing is that of the first thread, made once, and a mistake is told', async () => {
  const [one, again, other] = [draw(spec('y'), 'a'), draw(spec('y'), 'a'), draw(spec('y'), 'b')];
  expect(again).toBe(one);
  expect(other).not.toBe(one);
  expect(await one).toBe(await drawSvg(spec('y'), 'a'));
  expect(await one).toContain('<svg');
  const wrong = { ...spec('y'), encoding: { nonsense: { field: 'x' } } } as unknown as TopLevelSpec;
  await expect(draw(wrong, 'a')).rejects.toThrow('[vega-lite] nonsense');
  await expect(draw(spec('y'), 'c')).resolves.toContain('<svg');
}, 60_000);
