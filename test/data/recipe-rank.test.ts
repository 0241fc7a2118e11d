/** Ranks from paired items, worked by hand: three recipes over 16 questions, two over four windows of a text. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { beforeAll, describe, expect, it } from 'vitest';
import { readCatalogues } from '../../data/database/catalogues.ts';
import { Problems } from '../../data/database/problems.ts';
import { buildDatabase, materializeViews, openDatabase } from '../../data/db.ts';
import { readView, type ViewRow } from '../../data/views.ts';
import { isRatio } from '../../eval/metrics/metric.ts';
import { allTasks } from '../../eval/submission/all-tasks.ts';
import { type CellSpec, DATA, dataFolder, runFile } from './data-folder.ts';

// Questions that each recipe gets right; chance is a quarter.
const RIGHT = {
  fp16: '1111111111111111',
  'rtn-w8': '1111111111111100',
  'rtn-w3': '1111110000000000',
  'rtn-w2': '1111100000000010',
};
// Nats of four windows of ten tokens.
const NATS = { fp16: [10, 12, 14, 8], 'gptq-w4': [11, 13, 14, 9], 'gptq-w3': [12, 12, 18, 10] };

const sum = (values: readonly number[]) => values.reduce((all, one) => all + one, 0);
const facts = Object.entries(RIGHT).map(
  ([recipe, flags]): CellSpec => ({
    recipe,
    metrics: [{ value: sum([...flags].map(Number)) / 16, n: 16 }],
  }),
);
const texts = Object.entries(NATS).map(
  ([recipe, nats]): CellSpec => ({
    recipe,
    task: 'world-text',
    metrics: [{ metric: 'perplexity', unit: 'perplexity', value: Math.exp(sum(nats) / 40), n: 4 }],
  }),
);
// Nothing is known of the items behind this one.
const stated: CellSpec = { recipe: 'awq-w4', metrics: [{ value: 0.9, n: 16 }] };

async function writeItems(path: string): Promise<void> {
  const rows = [
    ...Object.entries(RIGHT).map(
      ([recipe, flags]) =>
        `('world-facts', 'acc', '${recipe}', [${[...flags].map((one) => one === '1')}], NULL)`,
    ),
    ...Object.entries(NATS).map(
      ([recipe, nats]) => `('world-text', 'nll_nats', '${recipe}', NULL, [${nats}]::FLOAT[])`,
    ),
    `('world-text', 'tokens', NULL, NULL, [10, 10, 10, 10]::FLOAT[])`,
  ];
  const connection = await (await DuckDBInstance.create()).connect();
  await connection.run(
    `COPY (SELECT * FROM (VALUES ${rows.join(', ')}) AS item (task, name, recipe, flags, numbers))
     TO '${path}' (FORMAT parquet)`,
  );
  connection.closeSync();
}

interface Pair {
  readonly recipe_id: string;
  readonly other_id: string;
  readonly ability: string;
  readonly difference: number;
  readonly std_error: number;
}

describe('ranks of a run whose items are known', () => {
  let ranks: ViewRow<'recipe_rank'>[];
  let pairs: Pair[];

  beforeAll(async () => {
    const run = runFile('ranked', [...facts, ...texts, stated]);
    const cells = run.cells.map((cell) => ({ ...cell, items: 'ranked.parquet' }));
    const root = dataFolder({ files: { 'results/bitloss/ranked.json': JSON.stringify({ ...run, cells }) } });
    await writeItems(join(root, 'results/bitloss/ranked.parquet'));
    await buildDatabase({ root });
    const database = await openDatabase(join(root, 'bitloss.duckdb'), { readOnly: true });
    await materializeViews(database, root);
    ranks = await readView(database, 'recipe_rank');
    const reader = await database.connection.runAndReadAll('SELECT * FROM recipe_pair');
    pairs = reader.getRowObjectsJS() as unknown as Pair[];
    database.close();
  }, 60_000);

  const pair = (recipe: string, other: string, within = 'all') =>
    pairs.find(
      ({ recipe_id, other_id, ability }) => recipe_id === recipe && other_id === other && ability === within,
    )!;

  it('has the difference of kept, and an error from the items on which two recipes differ', () => {
    // kept 1/6 and 5/6. Eight of 16 differ, one way: squares around their mean 1/2 are 16/4; an item moves kept by 1/12.
    expect(pair('rtn-w3', 'rtn-w8').difference).toBeCloseTo(-2 / 3, 6);
    expect(pair('rtn-w3', 'rtn-w8').std_error).toBeCloseTo(Math.sqrt(((4 / 144) * 16) / 15), 6);
    // Nine one way and one the other: 10 − 16/4.
    expect(pair('rtn-w2', 'rtn-w8').std_error).toBeCloseTo(Math.sqrt(((6 / 144) * 16) / 15), 6);
    expect(pair('rtn-w2', 'rtn-w3').difference).toBe(0);
  });

  it('takes the uncompressed model along where it errs too', () => {
    const [four, three] = [Math.exp(-0.075), Math.exp(-0.2)];
    // Nats above 16 bit, around their mean: 1, 1, 0, 1 and 2, 0, 4, 2.
    const rises = [
      [0.25, 0.25, -0.75, 0.25],
      [0, -2, 2, 0],
    ] as const;
    const squares = rises[0].map((rise, window) => (three * rises[1][window]! - four * rise) ** 2);
    const found = pair('gptq-w3', 'gptq-w4');
    expect(found.difference).toBeCloseTo(three - four, 6);
    expect(found.std_error).toBeCloseTo(Math.sqrt(((sum(squares) / 1600) * 4) / 3), 6);
  });

  it('lets recipes share ranks that no test tells apart', () => {
    const rank = (id: string, within = 'all') =>
      ranks.find(({ recipe_id, ability }) => recipe_id === id && ability === within)!;
    // z = 3.87 and 3.16 against the eight bits: p = 0.0001 and 0.0016 are below 0.05 / 4 and 0.05 / 3.
    expect(rank('rtn-w8')).toMatchObject({ best_rank: 1, worst_rank: 1, n_recipes: 3, n_tasks: 1 });
    expect(rank('rtn-w3')).toMatchObject({ best_rank: 2, worst_rank: 3 });
    expect(rank('rtn-w2')).toMatchObject({ best_rank: 2, worst_rank: 3 });
    // One task is one ability, and the mean over it.
    expect(rank('rtn-w8', 'knowledge')).toEqual({ ...rank('rtn-w8'), ability: 'knowledge' });
    expect(rank('rtn-w8', 'language modelling')).toBeUndefined();
    expect(rank('gptq-w3', 'language modelling')).toMatchObject({
      n_recipes: 2,
      best_rank: 1,
      worst_rank: 2,
    });
  });

  it('ranks nothing whose items are not known, and nothing that shares no task', () => {
    const whole = ranks.filter(({ ability }) => ability === 'all');
    expect(whole.map(({ recipe_id }) => recipe_id).sort()).toEqual([
      'gptq-w3',
      'gptq-w4',
      'rtn-w2',
      'rtn-w3',
      'rtn-w8',
    ]);
    expect(pairs.filter(({ ability }) => ability === 'all')).toHaveLength(4);
    expect(pairs).toHaveLength(8);
  });
});

it('knows the columns of every metric that counts, as the pipeline has them', () => {
  const sql = readFileSync(join(DATA, 'tables', 'ranks.sql'), 'utf8');
  const parts = [...sql.matchAll(/\('(\w+)', '(\w+)', (?:'(\w+)'|NULL)\)/g)].map(
    ([, metric, sum, per = null]) => [metric!, sum!, per] as const,
  );
  const { tasks } = readCatalogues(DATA, new Problems());
  const counting = [...allTasks.values()].flatMap(({ id, metrics }) => {
    const known = tasks.get(id)!;
    return ['fraction', 'perplexity'].includes(known.unit) && known.ability !== null && known.role === 'task'
      ? metrics.filter(isRatio).filter(({ unit }) => unit === known.unit)
      : [];
  });
  const wanted = new Map(counting.map(({ id, sum, per }) => [id, [id, sum, per]]));
  expect(parts.toSorted()).toEqual([...wanted.values()].toSorted());
});
