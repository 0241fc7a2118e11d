/** Every registered chart over small hand-made rows: valid for Vega-Lite, drawn without a warning, its sentence right. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { CurveRow, LossBySizeRow, MethodByBitsRow, MethodMatchedRow } from '../../data/views.ts';
import type { Chart } from '../../site/charts/chart.ts';
import { charts } from '../../site/charts/index.ts';
import { placeLabels } from '../../site/charts/label-places.ts';
import { matchedSize } from '../../site/charts/method-against-plain.ts';
import { placeText } from '../../site/charts/tensor-kinds.ts';
import type { ViewName } from '../../site/lib/db.ts';
import { percent } from '../../site/lib/format.ts';
import { fitted } from '../../site/lib/live-chart/fit.ts';
import { interactive, unitsOf } from '../../site/lib/live-chart/interactive.ts';
import type { Mark } from '../../site/lib/marks.ts';
import { drawSvg } from '../../site/lib/vega.ts';
import { ABILITIES, FAMILIES, FRONT, FRONT_REPORTED } from './side-by-side-rows.ts';
import { PROFILE, SENSITIVITY } from './tensor-rows.ts';

const schemaFile = createRequire(import.meta.url).resolve('vega-lite/vega-lite-schema.json');
const specification = z.fromJSONSchema(JSON.parse(readFileSync(schemaFile, 'utf8')));

const HOSTILE = 'GPTQ <script>alert("1")</script> & more';

function curve(method: string, bits: number, kept: number, changes: Partial<CurveRow> = {}): CurveRow {
  return {
    origin: 'reported',
    model_id: 'llama-2-7b',
    model_name: 'LLaMA-2-7B',
    params_b: 6.74,
    ability: 'all',
    method_id: method,
    method_title: method.toUpperCase(),
    method_group: 'rounding',
    nominal_bits: bits,
    kept,
    kept_lowest: kept,
    kept_highest: kept,
    kept_half: null,
    n_recipes: 1,
    n_sources: 1,
    n_tasks: 2,
    ...changes,
  };
}

const CURVE: readonly CurveRow[] = [
  curve('rtn', 8, 1),
  curve('rtn', 4, 0.905),
  curve('rtn', 2, 0.001),
  curve('gptq', 4, 0.972, { method_title: HOSTILE }),
  curve('gptq', 3, 0.711, { method_title: HOSTILE }),
  curve('aqlm', 2, 0.769, { origin: 'measured', kept_half: 0.02 }),
  curve('awq', 4, 0.99, { model_id: 'another', model_name: 'Another' }),
  curve('awq', 4, 0.2, { ability: 'knowledge' }),
];

function cell(
  method: string,
  bits: number,
  kept: number,
  changes: Partial<MethodByBitsRow> = {},
): MethodByBitsRow {
  return {
    origin: 'all',
    method_id: method,
    method_title: method.toUpperCase(),
    method_group: 'rounding',
    tensor: 'W',
    a_bits: null,
    kv_bits: null,
    nominal_bits: bits,
    kept,
    n_values: 10,
    n_models: 3,
    n_sources: 2,
    ...changes,
  };
}

const HEAT: readonly MethodByBitsRow[] = [
  cell('rtn', 4, 0.969),
  cell('rtn', 3, 0.836),
  cell('gptq', 4, 0.949, { method_title: HOSTILE, n_values: 50 }),
  cell('gptq', 3, 0.95, { method_title: HOSTILE, n_values: 50 }),
  cell('gptq', 2, 0.2, { method_title: HOSTILE }),
  cell('rtn', 4, 0.1, { origin: 'measured' }),
  cell('smoothquant', 8, 0.99, { tensor: 'WA' }),
];

function size(
  model: string,
  params: number,
  loss: number,
  changes: Partial<LossBySizeRow> = {},
): LossBySizeRow {
  return {
    origin: 'reported',
    model_id: model,
    model_name: model.toUpperCase(),
    family: 'llama',
    series: 'LLaMA-2',
    params_b: params,
    is_chat: false,
    method_id: 'rtn',
    method_title: 'RTN',
    method_group: 'rounding',
    nominal_bits: 4,
    loss,
    kept: 1 - loss,
    n_recipes: 2,
    n_tasks: 4,
    ...changes,
  };
}

const SIZES: readonly LossBySizeRow[] = [
  size('l2-70b', 70, 0.02),
  size('l2-7b', 7, 0.1),
  size('l2-13b', 13, 0.05),
  size('l2-7b', 7, 0.5, { nominal_bits: 2 }),
  size('l2-13b', 13, 0.6, { nominal_bits: 2, method_title: HOSTILE }),
  size('l2-7b-chat', 7, 0.09, { is_chat: true }),
  size('other', 3, 0.3, { series: null }),
  size('unknown', 5, 0.3, { params_b: null, series: 'LLaMA-2' }),
  size('l2-7b', 7, 0.01, { nominal_bits: 8 }),
];

function matched(
  bits: number,
  kept: number,
  plain_kept: number,
  changes: Partial<MethodMatchedRow> = {},
): MethodMatchedRow {
  return {
    origin: 'all',
    method_id: 'gptq',
    method_title: HOSTILE,
    method_group: 'compensation',
    plain_id: 'rtn',
    plain_title: 'RTN',
    tensor: 'W',
    nominal_bits: bits,
    plain_nominal_bits: Math.max(2, bits),
    a_bits: null,
    kv_bits: null,
    sparsity: null,
    sparsity_pattern: null,
    kept,
    plain_kept,
    bits: bits + 0.25,
    plain_bits: null,
    n_pairs: 10,
    n_models: 2,
    n_better: 6,
    n_worse: 1,
    ...changes,
  };
}

const MATCHED: readonly MethodMatchedRow[] = [
  matched(4, 0.98, 0.97),
  matched(3, 0.9, 0.6),
  matched(2, -0.1, 0),
  matched(4, 0.5, 0.4, { origin: 'measured' }),
  matched(16, 0.8, 0.4, { tensor: 'prune', plain_id: 'magnitude', sparsity: 0.5 }),
  matched(4, 1, 1, { method_id: 'awq', n_pairs: 3 }),
];

describe('sizes of matched pairs', () => {
  it.each([
    ['W4', matched(4, 1, 1)],
    ['W4 A8', matched(4, 1, 1, { tensor: 'WA', a_bits: 8 })],
    ['W4 KV3', matched(4, 1, 1, { tensor: 'W+KV', kv_bits: 3 })],
    ['KV3', matched(3, 1, 1, { tensor: 'KV', kv_bits: 3 })],
    ['s50', matched(16, 1, 1, { tensor: 'prune', sparsity: 0.5 })],
    ['2:4', matched(16, 1, 1, { tensor: 'prune', sparsity: 0.5, sparsity_pattern: '2:4' })],
    ['W4 s50', matched(4, 1, 1, { tensor: 'prune', sparsity: 0.5 })],
  ])('%s', (text, row) => expect(matchedSize(row)).toBe(text));

  it('of runs stand behind shares, and no line joins the two', () => {
    const prune = { tensor: 'prune', sparsity: 0.5 } as const;
    const rows = [
      matched(16, 0.5, 0.4, { ...prune, sparsity_pattern: '2:4' }),
      matched(16, 0.9, 0.8, { ...prune, sparsity: 0.3 }),
    ];
    const text = JSON.stringify(charts['method-against-plain'].spec(rows, 'wide', mark));
    expect(text).toContain('"sort":["s30","2:4"]');
    expect(text).toContain('"size":"2:4","line":"gptq patterns"');
    expect(text).toContain('"size":"s30","line":"gptq shares"');
  });

  it('below those that plain rounding has say so', () => {
    const chart = charts['method-against-plain'];
    const rows = [matched(1, 0.3, 0.1, { method_title: 'BiLLM' })];
    expect(chart.title(rows)).toBe('Does BiLLM keep more than RTN, which ends at 2 bits?');
    expect(chart.finding(rows)).toContain(
      `furthest apart at W1: ${percent(0.3)} against ${percent(0.1)} of RTN at W2.`,
    );
    expect(JSON.stringify(chart.spec(rows, 'wide', mark))).toContain('RTN, W2: ');
  });

  it('are counted in the sentence', () => {
    const chart = charts['method-against-plain'];
    const rows = chart.select(MATCHED);
    expect(rows).toHaveLength(3);
    expect(chart.finding(rows)).toBe(
      `It keeps more in 18 of 30 pairs, less in 3; furthest apart at W3: ${percent(0.9)} against ${percent(0.6)}.`,
    );
  });
});

const FIXTURES: Readonly<Record<keyof typeof charts, readonly unknown[]>> = {
  'kept-by-bits': CURVE,
  'method-by-bits': HEAT,
  'method-against-plain': MATCHED,
  'loss-by-size': SIZES,
  'family-curves': FAMILIES,
  'ability-dots': ABILITIES,
  'memory-front': FRONT,
  'memory-front-reported': FRONT_REPORTED,
  'tensor-statistics': PROFILE,
  'outliers-and-loss': SENSITIVITY,
};

/** Along which axes a reader can zoom: not along names, nor where each panel has scales of its own. */
const ZOOMED: Readonly<Record<keyof typeof charts, readonly string[]>> = {
  'kept-by-bits': ['x', 'y'],
  'method-by-bits': [],
  'method-against-plain': ['y'],
  'loss-by-size': ['x', 'y'],
  'family-curves': ['x', 'y'],
  'ability-dots': ['x'],
  'memory-front': ['x', 'y'],
  'memory-front-reported': ['x', 'y'],
  'tensor-statistics': ['x', 'y'],
  'outliers-and-loss': [],
};

const mark = (method: string): Mark => ({
  color: 'var(--family-blue)',
  shape: method === 'rtn' ? 'circle' : 'square',
});

describe.each(Object.entries(charts))('%s', (id, registered) => {
  const chart = registered as unknown as Chart<ViewName>;
  const rows = chart.select(FIXTURES[id as keyof typeof charts] as never[]);

  it.each(chart.sizes)('is valid for Vega-Lite, %s', (width) => {
    const spec = chart.spec(rows, width, mark);
    expect(specification.safeParse(JSON.parse(JSON.stringify(spec))).error).toBeUndefined();
  });

  it.each(chart.sizes)('is drawn as expected, text from data as text, %s', async (width) => {
    const svg = await drawSvg(chart.spec(rows, width, mark), 'test');
    expect(svg).not.toContain('<script');
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    await expect(svg.replaceAll('><', '>\n<')).toMatchFileSnapshot(`../expected/charts/${id}-${width}.svg`);
  });

  it.each(chart.sizes)('answers a reader when it is asked to, %s', async (width) => {
    const given = JSON.stringify(chart.spec(rows, width, mark));
    const { spec, zoomed } = interactive(JSON.parse(given));
    // Any warning of the compiler would be thrown.
    expect(await drawSvg(spec, 'test')).toMatch(/^<svg/);
    expect(await drawSvg(fitted(spec, { total: 900, plot: 250 }, 320), 'test')).toMatch(/^<svg/);
    expect(JSON.stringify(chart.spec(rows, width, mark)), 'left as it was').toBe(given);
    expect(Object.keys(zoomed)).toEqual(ZOOMED[id as keyof typeof charts]);
    const drawn = unitsOf(JSON.parse(given), []);
    const told = drawn.filter(({ unit }) => unit.encoding?.['description'] !== undefined);
    expect(told).not.toEqual([]);
    for (const row of told.flatMap((unit) => unit.rows)) {
      expect(row['group']).toMatch(/\S/);
      expect(row['tip']).toMatch(/\d/);
    }
  });

  it('draws nothing known as nothing, not as an error', async () => {
    const svg = await drawSvg(chart.spec([], 'wide', mark), 'test');
    expect(await drawSvg(interactive(chart.spec([], 'wide', mark)).spec, 'test')).toMatch(/^<svg/);
    expect(svg).toMatch(/^<svg/);
    expect(chart.finding([])).toMatch(/yet\.$/);
  });

  it('has a question, a sentence, and a row of text for every row', () => {
    expect(chart.title(rows)).toMatch(/\?$/);
    expect(chart.finding(rows)).toMatch(/\.$/);
    for (const row of rows) for (const column of chart.columns) expect(column.text(row)).toMatch(/\S/);
  });
});

describe('the schema check', () => {
  it('refuses what Vega-Lite would not take', () => {
    const spec = {
      data: { values: [{ a: 1 }] },
      mark: 'bar',
      encoding: { x: { field: 'a', type: 'quantitative' } },
    };
    expect(specification.safeParse(spec).success).toBe(true);
    expect(specification.safeParse({ ...spec, mark: 'stick' }).success).toBe(false);
    expect(specification.safeParse({ ...spec, encoding: { x: { field: 'a', typo: 1 } } }).success).toBe(
      false,
    );
  });

  it('turns a warning of the compiler into an error', async () => {
    const spec = { data: { values: [] }, mark: 'bar', encoding: { nonsense: { field: 'a' } } };
    await expect(drawSvg(spec as never, 'test')).rejects.toThrow('[vega-lite]');
  });
});

describe('findings, worked by hand', () => {
  it('names the best and plain rounding where the curve is flat and where it has fallen', () => {
    const chart = charts['kept-by-bits'];
    const rows = chart.select(CURVE);
    expect(rows).toHaveLength(6);
    expect(chart.title(rows)).toBe('How much of LLaMA-2-7B is left as weights get fewer bits?');
    expect(chart.finding(rows)).toBe(
      `At 4 bits ${HOSTILE} keeps 97.2 %, plain rounding (RTN) 90.5 %; at 2 bits AQLM keeps 76.9 %, plain rounding (RTN) 0.1 %.`,
    );
    expect(chart.finding([curve('rtn', 8, 0.99)])).toBe('At 8 bits RTN keeps 99.0 %.');
  });

  it('counts methods that still keep 95 %', () => {
    const chart = charts['method-by-bits'];
    // 4 bits: RTN 96.9 yes, GPTQ 94.9 no. 3 bits: RTN no, GPTQ 95.0 yes. 2 bits: GPTQ no.
    expect(chart.finding(chart.select(HEAT))).toBe(
      'Methods that keep 95 % or more in the median: at 4 bits 1 of 2, at 3 bits 1 of 2, at 2 bits 0 of 1.',
    );
  });

  it('compares neighbouring sizes of a series under the same method and bits', () => {
    const chart = charts['loss-by-size'];
    // 4 bits: 13B < 7B, 70B < 13B. 2 bits: 13B > 7B. Chat, other series and unknown sizes have no neighbour.
    expect(chart.finding(chart.select(SIZES))).toBe(
      'In 2 of 3 comparisons of neighbouring sizes (same series, method and bits) the larger model loses less.',
    );
  });

  it('names the furthest outlier, and how far the weights are from it', () => {
    const chart = charts['tensor-statistics'];
    const rows = chart.select(PROFILE);
    expect(rows.every(({ model_id }) => model_id === 'large')).toBe(true);
    expect(chart.finding(rows)).toBe(
      'Furthest out is the input of layers.0.down: kurtosis 7,483, the largest number 147 standard deviations from zero; no weight is above 8.3.',
    );
    const weights = rows.filter(({ tensor }) => tensor === 'weight');
    expect(chart.finding(weights)).toBe(
      'Furthest out is the weight of layers.1.down: kurtosis 8.3, the largest number 14.6 standard deviations from zero.',
    );
    expect(chart.finding(rows.filter(({ kurtosis }) => kurtosis === null))).toMatch(/yet\.$/);
  });

  it('correlates outliers with loss where there are models enough', () => {
    const chart = charts['outliers-and-loss'];
    expect(chart.finding(SENSITIVITY)).toBe(
      'Rank correlation of kurtosis and loss, where +1 is perfect and 0 is none: weights +0.50 (3 models), activations −1.00 (3 models).',
    );
    expect(chart.finding(SENSITIVITY.filter(({ tensor }) => tensor === 'key'))).toMatch(/yet\.$/);
  });
});

it('tells a linear by its block and its name in the block', () => {
  expect(placeText(3, 'model.layers.3.mlp.experts.*.down_proj')).toBe('layer 3, mlp.experts.*.down_proj');
  expect(placeText(0, 'input')).toBe('layer 0, input');
});

describe('labels at the ends of lines', () => {
  it('stay where they wish where there is room', () => {
    expect(placeLabels([{ at: 0.9 }, { at: 0.2 }], 0.1, [0, 1])).toEqual([0.9, 0.2]);
  });

  it('move apart, in order, within the bounds', () => {
    const places = placeLabels([{ at: 0 }, { at: 0.02 }, { at: 0.01 }], 0.1, [0, 1]);
    expect(places.map((place) => Number(place.toFixed(6)))).toEqual([0, 0.2, 0.1]);
    const crowded = placeLabels(
      Array.from({ length: 21 }, () => ({ at: 0.5 })),
      0.1,
      [0, 1],
    );
    expect(Math.max(...crowded)).toBeLessThanOrEqual(1.000001);
    expect(Math.min(...crowded)).toBeGreaterThanOrEqual(-0.000001);
  });
});
