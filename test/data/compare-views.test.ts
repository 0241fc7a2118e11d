/** Matched pairs, duels, abilities, families and what a byte buys: made-up runs, worked by hand. */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildDatabase, openDatabase } from '../../data/db.ts';
import { readView, VIEW_ROWS, type ViewName, type ViewRow } from '../../data/views.ts';
import { dataFolder, runFile } from './data-folder.ts';

const paired = (kept_low: number, kept_high: number) => ({
  kept_low,
  kept_high,
  lost: 1,
  gained: 0,
  mcnemar_p: 1,
});
const accuracy = (value: number, half?: number, kept = 0) => [
  { value, ...(half === undefined ? { std_error: null } : { paired: paired(kept - half, kept + half) }) },
];

// world-facts is knowledge with chance 0.25; world-answers is knowledge and world-lines long context, chance 0.
const run = runFile('by-hand', [
  { recipe: 'fp16', task: 'world-facts', metrics: accuracy(0.85) },
  { recipe: 'fp16', task: 'world-answers', metrics: accuracy(0.5) },
  { recipe: 'fp16', task: 'world-lines', metrics: accuracy(0.8) },
  // kept 0.8 ±0.06, 0.6 ±0.08 and 0.5
  { recipe: 'rtn-w4g128', task: 'world-facts', metrics: accuracy(0.73, 0.06, 0.8) },
  { recipe: 'rtn-w4g128', task: 'world-answers', metrics: accuracy(0.3, 0.08, 0.6) },
  { recipe: 'rtn-w4g128', task: 'world-lines', metrics: accuracy(0.4) },
  // kept 0.9 ±0.08 and 0.602 ±0.06
  { recipe: 'gptq-w4g128', task: 'world-facts', metrics: accuracy(0.79, 0.08, 0.9) },
  { recipe: 'gptq-w4g128', task: 'world-answers', metrics: accuracy(0.301, 0.06, 0.602) },
  // Another group, another size: no partner.
  { recipe: 'gptq-w4g64', task: 'world-facts', metrics: accuracy(0.85) },
  { recipe: 'rtn-w3', task: 'world-facts', metrics: accuracy(0.25) },
]);

const read: Partial<{ [Name in ViewName]: ViewRow<Name>[] }> = {};
const rowsOf = <Name extends ViewName>(name: Name) => read[name] as ViewRow<Name>[];
const NAMES = [
  'compare_value',
  'method_pair',
  'method_duel',
  'ability_by_bits',
  'curve_by_family',
  'memory_front',
] as const;

beforeAll(async () => {
  const root = dataFolder({ files: { 'results/bitloss/by-hand.json': JSON.stringify(run) } });
  await buildDatabase({ root });
  const database = await openDatabase(join(root, 'bitloss.duckdb'), { readOnly: true });
  for (const name of NAMES) Object.assign(read, { [name]: await readView(database, name) });
  database.close();
}, 120_000);

it.each(NAMES)('%s has rows of its type', (name) => {
  expect(rowsOf(name).length).toBeGreaterThan(0);
  for (const row of rowsOf(name)) VIEW_ROWS[name].parse(row);
});

describe('values side by side', () => {
  it('are those of recipes and of the 16-bit model, which keeps all', () => {
    const mine = rowsOf('compare_value').filter(({ task_id }) => task_id === 'world-facts');
    expect(mine.map(({ recipe_id, kept }) => [recipe_id, Number(kept.toFixed(9))])).toEqual([
      ['fp16', 1],
      ['gptq-w4g128', 0.9],
      ['gptq-w4g64', 1],
      ['rtn-w3', 0],
      ['rtn-w4g128', 0.8],
    ]);
    expect(mine[4]).toMatchObject({ chance: 0.25, value: 0.73, baseline: 0.85, run_id: 'by-hand', n: 400 });
    expect(mine[4]!.kept_low).toBeCloseTo(0.74, 9);
    expect(mine[0]).toMatchObject({ is_baseline: true, kept_low: null });
  });
});

describe('matched pairs', () => {
  it('differ in nothing else, and are there from either side', () => {
    const pairs = rowsOf('method_pair');
    expect(pairs.map(({ method_id, other_id, recipe_id }) => [method_id, other_id, recipe_id])).toEqual([
      ['gptq', 'rtn', 'gptq-w4g128'],
      ['rtn', 'gptq', 'rtn-w4g128'],
    ]);
    expect(pairs[0]).toMatchObject({ n_tasks: 2, n_values: 2, n_better: 1, n_worse: 0, w_bits: 4 });
    // (0.1 + 0.002) / 2; √(0.08² + 0.06² + 0.06² + 0.08²) / 2
    expect(pairs[0]!.difference).toBeCloseTo(0.051, 9);
    expect(pairs[0]!.half).toBeCloseTo(Math.sqrt(0.02) / 2, 9);
    expect(pairs[1]!.difference).toBeCloseTo(-0.051, 9);
  });

  it('are counted as won, tied and lost', () => {
    const [all] = rowsOf('method_duel');
    expect(all).toMatchObject({ origin: 'all', method_id: 'gptq', other_id: 'rtn', n_models: 1, n_pairs: 1 });
    expect(all).toMatchObject({ n_wins: 1, n_ties: 0, n_losses: 0, low: null, high: null });
    expect(rowsOf('method_duel')).toHaveLength(4);
  });
});

describe('over models', () => {
  it('an ability is the mean over models, of the smallest groups of a method', () => {
    const row = rowsOf('ability_by_bits').find(
      ({ method_id, ability }) => method_id === 'gptq' && ability === 'knowledge',
    );
    // gptq-w4g64 has one task, kept 1; gptq-w4g128 has larger groups.
    expect(row).toMatchObject({ kept: 1, n_models: 1, low: null, high: null, nominal_bits: 4 });
  });

  it('a family has the interval of its one model', () => {
    const rows = rowsOf('curve_by_family');
    expect(rows.map(({ family, method_id, nominal_bits }) => [family, method_id, nominal_bits])).toEqual([
      ['llama', 'gptq', 4],
      ['llama', 'rtn', 4],
      ['llama', 'rtn', 3],
    ]);
    // Knowledge (0.8 + 0.6) / 2, long context 0.5 without an interval.
    expect(rows[1]!.kept).toBeCloseTo(0.6, 9);
    expect(rows[1]!.kept_half).toBeNull();
  });
});

describe('what a byte buys', () => {
  it('compares only recipes with all tasks, and marks those that nothing smaller equals', () => {
    const rows = rowsOf('memory_front');
    expect(rows.map(({ recipe_id }) => recipe_id).sort()).toEqual(['fp16', 'rtn-w4g128']);
    // Both state 4 MB here, so the better one alone is on the front. (0.6 / 0.75 + 0.5 + 0.8) / 3
    const whole = rows.find(({ recipe_id }) => recipe_id === 'fp16')!;
    expect(whole).toMatchObject({ measure: 'tasks', n_tasks: 3, bytes: 4_000_000, is_front: true });
    expect(whole.score).toBeCloseTo(0.7, 9);
    expect(rows.find(({ recipe_id }) => recipe_id === 'rtn-w4g128')).toMatchObject({ is_front: false });
  });
});
