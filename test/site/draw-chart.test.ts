/** What a page gets of a chart: alt text, table, files; the same every time, the rows left as they were. */
import { afterAll, describe, expect, it, vi } from 'vitest';
import type { CurveRow, LossBySizeRow, MethodByBitsRow } from '../../data/views.ts';
import { charts } from '../../site/charts/index.ts';
import { chartFiles } from '../../site/lib/chart-files.ts';
import { chartFile, chartSpec, drawChart } from '../../site/lib/draw-chart.ts';
import { drawSvg } from '../../site/lib/vega.ts';

// Files share modules: none that another file left may stand in for these, nor one of these for others.
vi.hoisted(() => vi.resetModules());
afterAll(() => void vi.resetModules());

// Vitest reads style sheets as nothing.
vi.mock('../../site/styles/tokens.css?raw', async () => {
  const { readFileSync } = await import('node:fs');
  return { default: readFileSync('site/styles/tokens.css', 'utf8') };
});
// On this thread and every time anew, so that drawing the same twice says something.
vi.mock('../../site/lib/drawings.ts', async () => ({
  draw: (await import('../../site/lib/vega.ts')).drawSvg,
}));
// A data folder is not needed to know two marks.
vi.mock('../../site/lib/catalogue.ts', () => ({
  methods: async () => [{ id: 'rtn', mark: { color: 'var(--family-rounding)', shape: 'circle' } }],
  byId: (all: readonly { id: string }[]) => new Map(all.map((one) => [one.id, one])),
}));

function curve(method: string, bits: number, kept: number, changes: Partial<CurveRow> = {}): CurveRow {
  return {
    origin: 'reported',
    model_id: 'm',
    model_name: 'Model',
    params_b: 1,
    ability: 'all',
    method_id: method,
    method_title: method.toUpperCase(),
    method_group: null,
    nominal_bits: bits,
    kept,
    kept_lowest: kept,
    kept_highest: kept,
    kept_half: null,
    n_recipes: 1,
    n_sources: 1,
    n_tasks: 1,
    ...changes,
  };
}

const cell = (method: string, bits: number, kept: number, values = 1): MethodByBitsRow => ({
  origin: 'all',
  method_id: method,
  method_title: null,
  method_group: null,
  tensor: 'W',
  a_bits: null,
  kv_bits: null,
  nominal_bits: bits,
  kept,
  n_values: values,
  n_models: 1,
  n_sources: 1,
});

const sized = (params: number | null, loss: number, bits = 4): LossBySizeRow => ({
  origin: 'reported',
  model_id: `m${params}`,
  model_name: `M-${params}`,
  family: 'llama',
  series: 'S',
  params_b: params,
  is_chat: null,
  method_id: 'rtn',
  method_title: 'RTN',
  method_group: null,
  nominal_bits: bits,
  loss,
  kept: 1 - loss,
  n_recipes: 1,
  n_tasks: 1,
});

function frozen<T>(rows: T[]): readonly T[] {
  for (const row of rows) Object.freeze(row);
  return Object.freeze(rows);
}

const CURVE = frozen([
  curve('rtn', 4, 0.9),
  curve('rtn', 2, 0.1),
  curve('gptq', 4, 0.95),
  curve('gptq', 3, 0.8),
]);
const HEAT = frozen([cell('b', 4, 0.95), cell('a', 4, 0.98), cell('c', 2, 0.3, 9)]);
const SIZES = frozen([sized(13, 0.1), sized(7, 0.2), sized(0.02, 0.4)]);

describe.each([
  ['kept-by-bits', () => drawChart(charts['kept-by-bits'], charts['kept-by-bits'].select(CURVE), 'p')],
  ['method-by-bits', () => drawChart(charts['method-by-bits'], charts['method-by-bits'].select(HEAT), 'p')],
  ['loss-by-size', () => drawChart(charts['loss-by-size'], charts['loss-by-size'].select(SIZES), 'p')],
] as const)('%s', (id, draw) => {
  it('is drawn the same twice, from rows that it cannot change', async () => {
    const first = await draw();
    expect(await draw()).toEqual(first);
    expect(first.drawings.map(({ size }) => size)).toEqual(charts[id].sizes);
  });

  it('says in words what it looks like and what it shows, and hides the drawing from readers of words', async () => {
    const { alt, finding, drawings, header, rows } = await draw();
    expect(alt).toBe(`${charts[id].form} ${finding} All numbers are in the table below.`);
    for (const { svg } of drawings) expect(svg).toMatch(/^<svg aria-hidden="true" /);
    for (const row of rows) expect(row).toHaveLength(header.length);
  });

  it('has ids of its own, and every reference to an id leads somewhere', async () => {
    for (const { svg, size } of (await draw()).drawings) {
      const ids = [...svg.matchAll(/\bid="([^"]+)"/g)].map(([, one]) => one);
      const used = [...svg.matchAll(/url\(#([^)]+)\)/g)].map(([, one]) => one);
      for (const one of ids) expect(one).toContain(`p-${size}-`);
      for (const one of used) expect(ids).toContain(one);
    }
  });
});

describe('the sentence under the curve', () => {
  const { finding, select, title } = charts['kept-by-bits'];

  it.each([
    ['nothing', [], 'Nothing of this kind is known yet.'],
    ['one point', [curve('gptq', 3, 0.8)], 'At 3 bits GPTQ keeps 80.0 %.'],
    ['one bit', [curve('gptq', 1, 0.2)], 'At 1 bit GPTQ keeps 20.0 %.'],
    ['plain rounding alone', [curve('rtn', 4, 0.9)], 'At 4 bits RTN keeps 90.0 %.'],
    // Of two that keep as much the first in the order of the view is named.
    ['a tie', [curve('awq', 4, 0.9), curve('gptq', 4, 0.9)], 'At 4 bits AWQ keeps 90.0 %.'],
    ['more than whole', [curve('gptq', 4, 1.012)], 'At 4 bits GPTQ keeps 101.2 %.'],
    [
      'no 4 bits: the widest stands in',
      [curve('gptq', 8, 0.99), curve('gptq', 6, 0.97), curve('awq', 3, 0.5), curve('awq', 1, 0.1)],
      'At 8 bits GPTQ keeps 99.0 %; at 3 bits AWQ keeps 50.0 %.',
    ],
    ['a method without a title', [curve('x', 4, 0.5, { method_title: null })], 'At 4 bits x keeps 50.0 %.'],
  ])('%s', (_what, rows, sentence) => {
    expect(finding(rows)).toBe(sentence);
  });

  it('is about the model with the most sources, of equals the first by name', () => {
    const many = curve('gptq', 4, 0.9, { model_id: 'z', model_name: 'Z', n_sources: 5 });
    expect(title(select([curve('rtn', 4, 0.9), many]))).toBe(
      'How much of Z is left as weights get fewer bits?',
    );
    const tied = [curve('rtn', 4, 0.9, { model_id: 'b' }), curve('rtn', 4, 0.9, { model_id: 'a' })];
    expect(select(tied).map(({ model_id }) => model_id)).toEqual(['a']);
    expect(title(select([]))).toBe('How much of a model is left as weights get fewer bits?');
  });
});

describe('the other sentences', () => {
  it('counts a method that keeps exactly 95 %, and one alone', () => {
    const { finding } = charts['method-by-bits'];
    expect(finding(HEAT)).toBe(
      'Methods that keep 95 % or more in the median: at 4 bits 2 of 2, at 2 bits 0 of 1.',
    );
    expect(finding([cell('a', 8, 1)])).toBe('Nothing of this kind is known yet.');
  });

  it('a larger model that loses as much does not lose less; one size alone is no comparison', () => {
    const { finding } = charts['loss-by-size'];
    const counted = (less: number, all: number) =>
      `In ${less} of ${all} comparisons of neighbouring sizes (same series, method and bits) the larger model loses less.`;
    expect(finding(SIZES)).toBe(counted(2, 2));
    expect(finding([sized(7, 0.2), sized(13, 0.2)])).toBe(counted(0, 1));
    expect(finding([sized(7, 0.2), sized(7, 0.1)])).toBe('No two sizes of a series were measured alike yet.');
    expect(finding([sized(7, 0.2, 4), sized(13, 0.1, 2)])).toBe(
      'No two sizes of a series were measured alike yet.',
    );
    expect(finding([sized(7, 0.2)])).toBe('No two sizes of a series were measured alike yet.');
  });
});

describe('texts in a drawing', () => {
  const marks = () => ({ color: 'red', shape: 'circle' }) as const;

  it('keep their digits, while coordinates lose theirs', async () => {
    const svg = await drawSvg(charts['loss-by-size'].spec(SIZES, 'wide', marks), 'p');
    const ticks = [...svg.matchAll(/>([\d.]+)<\/text>/g)].map(([, text]) => text);
    expect(ticks).toEqual(expect.arrayContaining(['0.1', '1', '10']));
    const tiny = await drawSvg(charts['loss-by-size'].spec([sized(0.003, 0.1)], 'wide', marks), 'p');
    expect(tiny).toContain('>0.01</text>');
    expect(tiny).not.toContain('>0</text>');
    expect(tiny.replace(/>[^<]*</g, '><')).not.toMatch(/\d\.\d{2}/);
  });

  it('stay text, in the page, in the file and in the specification', async () => {
    const name = `<img src=x onerror="alert('1')"> $1 $& ]]> \u202e`;
    const rows = [curve('rtn', 4, 0.9, { method_title: name, model_name: name })];
    const chart = charts['kept-by-bits'];
    const file = await chartFile(chart, rows);
    const { drawings } = await drawChart(chart, rows, 'p');
    for (const svg of [file, ...drawings.map((drawing) => drawing.svg)]) {
      expect(svg).not.toContain('<img');
      expect(svg).not.toMatch(/<[^>]*onerror="/);
      expect(svg).toContain('&lt;img src=x onerror=');
      expect(svg.match(/<svg/g)).toHaveLength(1);
    }
    expect(file).toContain(
      `<title>How much of &lt;img src=x onerror=&quot;alert('1')&quot;&gt; $1 $&amp; ]]&gt;`,
    );
    expect(JSON.parse(await chartSpec(chart, rows))).toMatchObject({ layer: expect.any(Array) });
  });
});

it('tells pointers what a mark is in words, never the names of fields', async () => {
  const marks = () => ({ color: 'red', shape: 'circle' }) as const;
  const drawn = await Promise.all([
    drawSvg(charts['kept-by-bits'].spec(CURVE, 'wide', marks), 'p'),
    drawSvg(charts['method-by-bits'].spec(HEAT, 'wide', marks), 'p'),
    drawSvg(charts['loss-by-size'].spec(SIZES, 'wide', marks), 'p'),
  ]);
  const titles = drawn.map((svg) => [...svg.matchAll(/<title>([^<]*)<\/title>/g)].map(([, text]) => text!));
  expect(titles).toEqual(
    [
      [
        'GPTQ, 3 bits: 80.0 % kept, reported, 1 recipe by 1 source',
        'GPTQ, 4 bits: 95.0 % kept, reported, 1 recipe by 1 source',
        'RTN, 2 bits: 10.0 % kept, reported, 1 recipe by 1 source',
        'RTN, 4 bits: 90.0 % kept, reported, 1 recipe by 1 source',
      ],
      [
        'a, 4 bits: 98.0 % kept, median of 1 value on 1 model by 1 source',
        'b, 4 bits: 95.0 % kept, median of 1 value on 1 model by 1 source',
        'c, 2 bits: 30.0 % kept, median of 9 values on 1 model by 1 source',
      ],
      [
        'M-0.02, RTN, 4 bits: 40.0 % lost, reported',
        'M-13, RTN, 4 bits: 10.0 % lost, reported',
        'M-7, RTN, 4 bits: 20.0 % lost, reported',
      ],
    ].map((texts) => expect.toSatisfy((found: string[]) => found.toSorted().join() === texts.join())),
  );
});

describe('drawings of one shape', () => {
  const marks = () => ({ color: 'red', shape: 'circle' }) as const;
  const draw = (rows: readonly CurveRow[]) => drawSvg(charts['kept-by-bits'].spec(rows, 'wide', marks), 'p');
  // Same bits, other lines, in another order, with and without an interval.
  const others = [
    [curve('awq', 2, 0.3, { kept_half: 0.1 }), curve('rtn', 2, 0.2), curve('rtn', 4, 0.9)],
    [curve('gptq', 4, 0.7)],
    [curve('x', 4, 0.99), curve('gptq', 2, 0.1), curve('rtn', 4, 0.5), curve('gptq', 4, 0.6)],
  ];

  it('do not depend on those before them, nor on those beside them', async () => {
    const alone: string[] = [];
    for (const rows of others) {
      vi.resetModules();
      const { drawSvg: fresh } = await import('../../site/lib/vega.ts');
      alone.push(await fresh(charts['kept-by-bits'].spec(rows, 'wide', marks), 'p'));
    }
    expect(new Set(alone).size).toBe(3);
    await draw(CURVE);
    const there = await Promise.all(others.map(draw));
    const back = await Promise.all(others.toReversed().map(draw));
    expect(there).toEqual(alone);
    expect(back.toReversed()).toEqual(alone);
  });
});

describe('files to take away', () => {
  it('bring their colours: both themes in the drawing, the light one in the specification', async () => {
    const svg = await chartFile(charts['kept-by-bits'], CURVE);
    const used = new Set([...svg.matchAll(/var\((--[\w-]+)\)/g)].map(([, name]) => name));
    expect(used.size).toBeGreaterThan(3);
    for (const name of used) expect(svg).toMatch(new RegExp(`[{;]${name}:light-dark\\(`));
    expect(svg).not.toContain('aria-hidden');
    expect(await chartSpec(charts['kept-by-bits'], CURVE)).not.toContain('var(--');
  });

  it('hold the rows as CSV, nothing where a number is not known, formulas disarmed', async () => {
    const rows = [curve('=cmd', 4, 0.9, { params_b: null, method_title: 'a "b", c' })];
    const [header, line, end] = (await chartFiles(charts['kept-by-bits'], rows, 'csv')).split('\r\n');
    expect(header).toMatch(/^origin,model_id,model_name,params_b,ability,method_id,method_title,/);
    expect(line).toMatch(/^reported,m,Model,,all,'=cmd,"a ""b"", c",,4,0.9,/);
    expect(end).toBe('');
  });
});
