/** Means over tasks and abilities, their intervals, and the best at each size: a made-up run, worked by hand. */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildDatabase, openDatabase } from '../../data/db.ts';
import { type CurveRow, type RecipeByAbilityRow, readView, type ViewRow } from '../../data/views.ts';
import { dataFolder, runFile } from './data-folder.ts';

const paired = (kept_low: number, kept_high: number) => ({
  kept_low,
  kept_high,
  lost: 1,
  gained: 0,
  mcnemar_p: 1,
});
const accuracy = (value: number, low: number, high: number) => [{ value, paired: paired(low, high) }];
const perplexity = (value: number, low: number, high: number) => [
  {
    metric: 'perplexity',
    unit: 'perplexity' as const,
    value,
    std_error: 0.1,
    n: 9,
    paired: paired(low, high),
  },
];

// world-facts is knowledge with chance 0.25; world-answers is knowledge with chance 0; world-text is language modelling.
const run = runFile('by-hand', [
  { recipe: 'fp16', task: 'world-facts', metrics: [{ value: 0.85 }] },
  { recipe: 'fp16', task: 'world-answers', metrics: [{ value: 0.5 }] },
  {
    recipe: 'fp16',
    task: 'world-text',
    metrics: [{ metric: 'perplexity', unit: 'perplexity', value: 5, n: 9 }],
  },
  // kept 0.8 ±0.06
  { recipe: 'rtn-w4g128', task: 'world-facts', metrics: accuracy(0.73, 0.74, 0.86) },
  // kept 0.6 ±0.08
  { recipe: 'rtn-w4g128', task: 'world-answers', metrics: accuracy(0.3, 0.52, 0.68) },
  // kept 0.5 ±0.12
  { recipe: 'rtn-w4g128', task: 'world-text', metrics: perplexity(10, 0.38, 0.62) },
  // kept 0.9, one task only
  { recipe: 'gptq-w4g128', task: 'world-text', metrics: perplexity(5 / 0.9, 0.88, 0.92) },
  // kept 0.9 and 0.2 with activations, 0.5 with the cache
  { recipe: 'rtn-w4g128a8', task: 'world-answers', metrics: accuracy(0.45, 0.8, 1) },
  { recipe: 'rtn-w4g128a4', task: 'world-answers', metrics: accuracy(0.1, 0.1, 0.3) },
  { recipe: 'rtn-kv3', task: 'world-answers', metrics: accuracy(0.25, 0.4, 0.6) },
  // kept 0.4 without an interval
  { recipe: 'rtn-w2', task: 'world-answers', metrics: [{ value: 0.2, std_error: null }] },
  // kept 0.6, of fewer bits than plain rounding has
  { recipe: 'billm-w1.1g64', task: 'world-answers', metrics: accuracy(0.3, 0.5, 0.7) },
]);

describe('a run of three tasks in two abilities', () => {
  let recipes: RecipeByAbilityRow[];
  let abilities: ViewRow<'ability_kept'>[];
  let curve: CurveRow[];
  let heat: ViewRow<'method_by_bits'>[];
  let matched: ViewRow<'method_matched'>[];

  beforeAll(async () => {
    const root = dataFolder({ files: { 'results/bitloss/by-hand.json': JSON.stringify(run) } });
    await buildDatabase({ root });
    const database = await openDatabase(join(root, 'bitloss.duckdb'), { readOnly: true });
    recipes = await readView(database, 'recipe_by_ability');
    abilities = await readView(database, 'ability_kept');
    curve = await readView(database, 'curve');
    heat = await readView(database, 'method_by_bits');
    matched = await readView(database, 'method_matched');
    database.close();
  }, 60_000);

  const recipe = (id: string, ability: string) =>
    recipes.find((row) => row.recipe_id === id && row.ability === ability)!;

  it('has in an ability the mean of its tasks, with the half width of that mean', () => {
    const row = abilities.find(
      ({ recipe_id, ability }) => recipe_id === 'rtn-w4g128' && ability === 'knowledge',
    )!;
    expect(row.kept).toBeCloseTo(0.7, 9);
    // √(0.06² + 0.08²) / 2
    expect(row.kept_half).toBeCloseTo(0.05, 9);
    expect(row).toMatchObject({ n_tasks: 2, n_values: 2 });
  });

  it('has over all the mean of the abilities, not of the tasks', () => {
    const row = recipe('rtn-w4g128', 'all');
    expect(row.kept).toBeCloseTo((0.7 + 0.5) / 2, 9);
    expect(row.loss).toBeCloseTo(0.4, 9);
    // √(0.05² + 0.12²) / 2
    expect(row.kept_half).toBeCloseTo(0.065, 9);
    expect(row).toMatchObject({
      n_tasks: 3,
      n_abilities: 2,
      n_values: 3,
      nominal_bits: 4,
      origin: 'measured',
    });
  });

  it('has each ability beside it, and no 16-bit rows', () => {
    expect(recipe('rtn-w4g128', 'language modelling').kept).toBeCloseTo(0.5, 9);
    expect(recipe('rtn-w4g128', 'knowledge')).toMatchObject({ n_tasks: 2, n_abilities: 1 });
    expect(recipes.some(({ recipe_id }) => recipe_id === 'fp16')).toBe(false);
  });

  it('has no interval where a value behind the number has none', () => {
    expect(recipe('rtn-w2', 'all')).toMatchObject({ kept_half: null, nominal_bits: 2 });
    expect(recipe('rtn-w2', 'all').kept).toBeCloseTo(0.4, 9);
  });

  it('lets a single lucky task win only where nothing else is known', () => {
    expect(recipe('rtn-w4g128', 'all').is_best).toBe(true);
    expect(recipe('gptq-w4g128', 'all').is_best).toBe(false);
    expect(recipe('gptq-w4g128', 'language modelling').is_best).toBe(true);
    expect(recipe('rtn-w2', 'all')).toMatchObject({
      ...{ is_best: true, is_best_of_origin: true, is_best_of_source: true },
    });
  });

  it('keeps activations and caches of different bits apart in the heat map', () => {
    const cells = heat
      .filter(({ origin, tensor }) => origin === 'measured' && tensor !== 'W')
      .map(({ tensor, a_bits, kv_bits, nominal_bits, kept, n_values }) => {
        return [tensor, a_bits, kv_bits, nominal_bits, Number(kept.toFixed(9)), n_values];
      });
    expect(cells).toEqual([
      ['KV', null, 3, 3, 0.5, 1],
      ['WA', 8, null, 4, 0.9, 1],
      ['WA', 4, null, 4, 0.2, 1],
    ]);
  });

  it('sets a method beside plain rounding only where nothing else differs', () => {
    // gptq-w4g128 and rtn-w4g128 share one task; the others have no partner, and rtn is not its own.
    expect(matched.map(({ origin, method_id }) => `${origin} ${method_id}`)).toEqual([
      ...['all billm', 'all gptq', 'measured billm', 'measured gptq'],
    ]);
    expect(matched[3]).toMatchObject({
      ...{ plain_id: 'rtn', tensor: 'W', nominal_bits: 4, a_bits: null, sparsity: null },
      ...{ n_pairs: 1, n_models: 1, n_better: 1, n_worse: 0, plain_nominal_bits: 4 },
    });
    expect(matched[3]!.kept).toBeCloseTo(0.9, 9);
    expect(matched[3]!.plain_kept).toBeCloseTo(0.5, 9);
  });

  it('sets a method below 2 bits beside plain rounding at 2, where that ends', () => {
    expect(matched[2]).toMatchObject({ plain_id: 'rtn', nominal_bits: 1, plain_nominal_bits: 2 });
    expect(matched[2]!.kept).toBeCloseTo(0.6, 9);
    expect(matched[2]!.plain_kept).toBeCloseTo(0.4, 9);
  });

  it('draws a point for each method, size and ability', () => {
    const points = curve
      .filter(({ ability }) => ability === 'all')
      .map((row) => [row.method_id, row.nominal_bits]);
    expect(points).toEqual([
      ['billm', 1],
      ['gptq', 4],
      ['rtn', 4],
      ['rtn', 2],
    ]);
    const point = curve.find(({ method_id, ability }) => method_id === 'rtn' && ability === 'knowledge')!;
    expect(point).toMatchObject({ nominal_bits: 4, n_recipes: 1, n_sources: 1, n_tasks: 2 });
    expect(point.kept).toBeCloseTo(0.7, 9);
    expect(point.kept_half).toBeCloseTo(0.05, 9);
  });
});
