/** A chart that answers: what is added to a specification, how it fits a phone, which point is meant, where keys lead. */
import { afterAll, describe, expect, it, vi } from 'vitest';
import { fitted } from '../../site/lib/live-chart/fit.ts';
import { interactive } from '../../site/lib/live-chart/interactive.ts';
import { nearest, type Point, walk } from '../../site/lib/live-chart/points.ts';
import type { TopLevelSpec } from '../../site/lib/vega.ts';

// Files share modules: none that another file left may stand in for these, nor one of these for others.
vi.hoisted(() => vi.resetModules());
afterAll(() => void vi.resetModules());
// Vitest reads style sheets as nothing.
vi.mock('../../site/styles/tokens.css?raw', async () => {
  const { readFileSync } = await import('node:fs');
  return { default: readFileSync('site/styles/tokens.css', 'utf8') };
});

const x = { field: 'bits', type: 'quantitative' };
const y = { field: 'kept', type: 'quantitative' };
const values = [{ bits: 4, kept: 1, group: 'RTN', tip: 'RTN, 4 bits' }];
const CHART = {
  width: 500,
  data: { values },
  layer: [
    { mark: { type: 'line' }, encoding: { x, y } },
    { mark: { type: 'point', opacity: 0.5 }, encoding: { x, y, description: { field: 'tip' } } },
    {
      data: { values: [{ bits: 4, kept: 1, place: 0.9, group: 'RTN', label: 'RTN' }] },
      mark: { type: 'text' },
      encoding: { x: { value: 525 }, y: { ...y, field: 'place' }, text: { field: 'label' } },
    },
    { data: { values: [{ kept: 1 }] }, mark: { type: 'rule' }, encoding: { y, x: { value: 250 } } },
  ],
} as unknown as TopLevelSpec;

describe('what is added', () => {
  const { spec, zoomed } = interactive(CHART);
  const [line, point, name, rule] = (spec as unknown as { layer: Record<string, never>[] }).layer;

  it('is a group to follow, and a part to see on the marks that can be pointed at', () => {
    expect(spec).toMatchObject({ params: [{ name: 'chosen', value: null }] });
    expect(zoomed).toEqual({ x: 'bits', y: 'kept' });
    expect(point).toMatchObject({ params: [{ name: 'zoom', bind: 'scales' }] });
    expect(line).not.toHaveProperty('params');
  });

  it('mutes marks of other groups, from the opacity that they had', () => {
    const test = 'chosen === null || datum.group === chosen';
    expect(line!['encoding']).toMatchObject({ opacity: { condition: { test, value: 1 }, value: 0.07 } });
    expect(point!['encoding']).toMatchObject({ opacity: { condition: { test, value: 0.5 } } });
    expect(rule).toEqual((CHART as unknown as { layer: unknown[] }).layer[3]);
  });

  it('hides a name beside the plot whose line has left it', () => {
    expect(name).toMatchObject({
      mark: { clip: false },
      encoding: {
        opacity: { condition: [{ test: "!(inrange(datum['place'], domain('y')))", value: 0 }, {}] },
      },
    });
  });
});

describe('fitting a screen', () => {
  it('leaves what fits, and takes what is too much from the plot; names keep their distance', () => {
    expect(fitted(CHART, { total: 640, plot: 500 }, 640)).toBe(CHART);
    expect(fitted(CHART, { total: 640, plot: 500 }, 340)).toMatchObject({
      width: 200,
      layer: [{}, {}, { encoding: { x: { value: 225 } } }, { encoding: { x: { value: 100 } } }],
    });
  });

  it('makes panels narrower, then has fewer beside one another', () => {
    const panels = { columns: 4, spec: { width: 150, mark: { type: 'point' } } } as unknown as TopLevelSpec;
    const taken = { total: 700, plot: 150 };
    expect(fitted(panels, taken, 600)).toMatchObject({ columns: 4, spec: { width: 125 } });
    expect(fitted(panels, taken, 350)).toMatchObject({ columns: 2, spec: { width: 145 } });
    expect(fitted(panels, taken, 200)).toMatchObject({ columns: 1, spec: { width: 150 } });
  });

  it('makes steps smaller', () => {
    const steps = { width: { step: 60 }, mark: { type: 'rect' } } as unknown as TopLevelSpec;
    expect(fitted(steps, { total: 500, plot: 300 }, 400)).toMatchObject({ width: { step: 40 } });
  });
});

describe('points', () => {
  const at = (group: string, across: number, down: number): Point => ({
    tip: `${group} ${across}`,
    group,
    panel: 1,
    x: across,
    y: down,
    left: across - 3,
    right: across + 3,
    top: down - 3,
    bottom: down + 3,
  });
  const [a1, a2, a3] = [at('a', 10, 10), at('a', 50, 20), at('a', 90, 80)];
  const [b1, b2] = [at('b', 12, 40), at('b', 60, 60)];
  const points = [a2, a1, a3, b2, b1];

  it('are meant by a pointer near them, the nearest of several, none far away', () => {
    expect(nearest(points, 14, 12, 20)).toBe(a1);
    expect(nearest(points, 54, 45, 20)).toBe(b2);
    expect(nearest(points, 120, 10, 20)).toBeNull();
    expect(nearest([at('a', 10, 10), at('b', 12, 10)], 12, 10, 20)?.group).toBe('b');
  });

  it('are walked along by arrows, Home and End, and left for the next line where it is nearest', () => {
    expect(walk(points, null, 'ArrowRight')).toBe(a1);
    expect(walk(points, a1, 'ArrowRight')).toBe(a2);
    expect(walk(points, a1, 'ArrowLeft')).toBe(a1);
    expect(walk(points, a1, 'End')).toBe(a3);
    expect(walk(points, a3, 'Home')).toBe(a1);
    expect(walk(points, a3, 'ArrowDown')).toBe(b2);
    expect(walk(points, b1, 'ArrowUp')).toBe(a1);
    expect(walk(points, b1, 'ArrowDown')).toBe(b1);
    expect(walk(points, a1, 'Tab')).toBeNull();
    expect(walk([], null, 'ArrowRight')).toBeNull();
  });
});

describe('colours', () => {
  it('come back to the theme: no light one is left, and the file is the same again', async () => {
    const { COLOR_PAIRS, withLightColors, withVariables } = await import('../../site/lib/colors.ts');
    const themed = JSON.stringify([...COLOR_PAIRS.keys()].map((name) => `var(${name})`));
    const file = withLightColors(themed);
    expect(file).not.toContain('var(');
    expect(withVariables(file)).not.toContain('#');
    expect(withLightColors(withVariables(file))).toBe(file);
    expect(withVariables('["#0072b2","#123456","text #0072b2"]')).toBe(
      '["var(--family-blue)","#123456","text #0072b2"]',
    );
  });
});
