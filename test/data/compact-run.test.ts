/** Run files as they are published: nothing is lost on the way there and back, and faults of the short form are found. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compactRun, expandRun, formatCompactRun, parseRun, pathOfCell } from '../../data/compact-run.ts';
import { anyRunFileSchema, type CompactRun } from '../../data/compact-run-schema.ts';
import { buildDatabase } from '../../data/db.ts';
import type { RunFile } from '../../data/schema.ts';
import { DATA, dataFolder, runFile } from './data-folder.ts';

const window = { window: 2048 };
const paired = { kept_low: 0.25, kept_high: 1.5, lost: 3, gained: 2, mcnemar_p: 1 };
const unflipped = { ...paired, kept_low: null, lost: null, gained: null, mcnemar_p: null };

const run = runFile('a', [
  { recipe: 'fp16', metrics: [{ value: 1 / 3 }, { metric: 'acc_norm', value: 0.5 }] },
  {
    recipe: 'fp16',
    task: 'world-text',
    settings: window,
    metrics: [{ metric: 'perplexity', unit: 'perplexity', value: 4, std_error: null }],
  },
  {
    recipe: 'rtn-w3',
    metrics: [
      { value: 0.25, paired },
      { metric: 'acc_norm', value: 0.5, paired: unflipped },
    ],
  },
  {
    recipe: 'rtn-w3',
    task: 'world-text',
    settings: window,
    error: { code: 'memory/out', message: 'no room' },
  },
  { recipe: 'rtn-w2', error: { code: 'memory/out', message: 'no room' } },
  { recipe: 'rtn-w2', task: 'world-lines', error: { code: 'task/window', message: 'too long' } },
]);

describe('a run in the compact form', () => {
  const compact = compactRun(run);

  it('is the same run', () => {
    expect(expandRun(compact)).toEqual(run);
    expect(parseRun(formatCompactRun(compact))).toEqual(run);
    expect(parseRun(JSON.stringify(run))).toEqual(run);
  });

  it('says once what cells share, and a cell in one line', () => {
    expect(compact.tasks.map(({ task, metrics }) => [task, metrics.length])).toEqual([
      ['world-facts', 2],
      ['world-text', 1],
      ['world-lines', 0],
    ]);
    expect(
      compact.recipes.map(({ recipe, size_bytes, cells }) => [recipe, size_bytes, cells.length]),
    ).toEqual([
      ['fp16', 4_000_000, 2],
      ['rtn-w3', 4_000_000, 2],
      ['rtn-w2', null, 2],
    ]);
    const line = formatCompactRun(compact)
      .split('\n')
      .find((text) => text.includes('1.5'));
    expect(line).toMatch(
      /^\[0,"[\w-]{43}",5,7,\[\[0.25,0.01,0.25,1.5,3,2,1\],\[0.5,0.01,null,1.5,null,null,null\]\]\],$/,
    );
  });

  it('keeps cells of a recipe apart whose size or notes differ, and tasks whose metrics do', () => {
    const [first, second, third] = run.cells;
    const other = { ...third!, notes: ['Damping was raised.'], items: 'x.parquet' };
    const fewer = { ...first!, recipe: 'rtn-w4', metrics: 'metrics' in first! ? first.metrics.slice(1) : [] };
    const mixed: RunFile = { ...run, cells: [second!, { ...other, recipe: 'fp16' }, fewer] };
    const form = compactRun(mixed);
    expect(form.recipes.map(({ recipe, notes }) => [recipe, notes.length])).toEqual([
      ['fp16', 0],
      ['fp16', 1],
      ['rtn-w4', 0],
    ]);
    expect(form.tasks).toHaveLength(3);
    expect(expandRun(form)).toEqual(mixed);
  });

  it('has standard errors, intervals and p to six digits and values to all of them', () => {
    const precise = runFile('a', [
      {
        recipe: 'fp16',
        metrics: [
          { value: 1 / 3, std_error: 1 / 3, paired: { ...paired, kept_low: -1e5 / 3, mcnemar_p: 1e-9 / 3 } },
        ],
      },
    ]);
    const [cell] = expandRun(compactRun(precise)).cells;
    expect(cell).toMatchObject({
      metrics: [
        { value: 1 / 3, std_error: 0.333333, paired: { kept_low: -33333.3, mcnemar_p: 3.33333e-10 } },
      ],
    });
  });

  it('tells where in the file a cell stands', () => {
    expect(run.cells.map((_, index) => pathOfCell(run, index))[3]).toEqual(['cells', 3]);
    for (const [index, cell] of run.cells.entries()) {
      const [, recipe, , place] = pathOfCell(compact, index) as [string, number, string, number];
      expect(Buffer.from(compact.recipes[recipe]!.cells[place]![1], 'base64url').toString('hex')).toBe(
        cell.cell_key,
      );
    }
  });
});

describe('the schema of the compact form refuses', () => {
  it.each<[string, string, (file: CompactRun) => void]>([
    ['a task that is not there', 'recipes.0.cells.0.0', (file) => void (file.recipes[0]!.cells[0]![0] = 3)],
    [
      'a key with a digit too few',
      'recipes.0.cells.0.1',
      (file) => void (file.recipes[0]!.cells[0]![1] = 'A'.repeat(42)),
    ],
    ['a metric too few', 'recipes.0.cells.0.4', (file) => void (file.recipes[0]!.cells[0]![4] = [[1, null]])],
    [
      'half a comparison',
      'recipes.0.cells.0.4',
      (file) => void (file.recipes[0]!.cells[0]![4] as unknown[]).splice(0, 1, [1, null, 0.5]),
    ],
    [
      'finished cells without a size',
      'recipes.0.cells.0.4',
      (file) => void (file.recipes[0]!.size_bytes = null),
    ],
    [
      'other columns',
      'columns.metric.0',
      (file) =>
        void Object.assign(file, {
          columns: { ...file.columns, metric: [...file.columns.metric].reverse() },
        }),
    ],
    ['an unknown field', 'tasks.0', (file) => void Object.assign(file.tasks[0]!, { extra: 1 })],
  ])('%s', (_name, where, spoil) => {
    const file = structuredClone(compactRun(run));
    spoil(file);
    const paths = anyRunFileSchema.safeParse(file).error!.issues.map(({ path }) => path.join('.'));
    expect(paths[0]).toContain(where);
  });
});

it('faults of a published run are told with the line of the cell', async () => {
  const file = compactRun(
    runFile('a', [
      { recipe: 'fp16', metrics: [{ value: 0.5 }] },
      { recipe: 'rtn-w3', metrics: [{ value: 1.5 }] },
    ]),
  );
  const text = formatCompactRun(file);
  const line = text.split('\n').findIndex((one) => one.includes('[[1.5')) + 1;
  const root = dataFolder({ files: { 'results/bitloss/a.json': text } });
  await expect(buildDatabase({ root })).rejects.toThrow(
    new RegExp(`results/bitloss/a.json:${line} recipes\\[1\\].cells\\[0\\].metrics\\[0\\].value.*1.5`),
  );
});

it('every committed run is in this form, and as small as it gets', () => {
  const files = globSync('results/bitloss/*.json', { cwd: DATA });
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) {
    const text = readFileSync(join(DATA, file), 'utf8');
    expect(text === formatCompactRun(compactRun(parseRun(text))), file).toBe(true);
  }
});
