/** The views behind the advisor and the page of coverage, on made-up rows worked by hand. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { beforeAll, describe, expect, it } from 'vitest';
import { adviceRow, storedBitsRow } from '../../data/advice-view-rows.ts';
import { coverageGapRow, coverageRow } from '../../data/coverage-view-rows.ts';
import { DATA } from './data-folder.ts';

let connection: DuckDBConnection;

const view = (name: string) => connection.run(readFileSync(join(DATA, 'views', `${name}.sql`), 'utf8'));
const ask = async (sql: string) => (await connection.runAndReadAll(sql)).getRowObjectsJS();

beforeAll(async () => {
  connection = await (await DuckDBInstance.create()).connect();
});

describe('advice', () => {
  beforeAll(async () => {
    await connection.run(`
      CREATE TABLE model AS SELECT * FROM (VALUES
        ('target', 'llama', 'L3', 8.0), ('sister', 'llama', 'L3', 9.0), ('cousin', 'llama', 'L2', 7.0),
        ('giant', 'llama', 'L3', 17.0), ('stranger', 'opt', 'OPT', 6.7), ('toy', 'llama', 'Zoo', 0.003)
      ) AS model (model_id, family, series, params_b);
      CREATE TABLE recipe_by_ability AS
      SELECT 'reported' AS origin, model.*, evidence.* EXCLUDE (model) FROM (VALUES
        ('a', 'all', 'rtn-w4', 'target', 0.90, NULL, 'W', 4.0, NULL, 3),
        ('b', 'all', 'rtn-w4', 'target', 0.80, 0.05, 'W', 4.0, NULL, 5),
        ('b', 'all', 'rtn-w4', 'sister', 0.10, NULL, 'W', 4.0, NULL, 9),
        ('b', 'all', 'rtn-w3', 'target', 0.70, 0.05, 'W', 3.0, NULL, 5),
        ('a', 'all', 'gptq-w3', 'sister', 0.60, NULL, 'W', 3.0, NULL, 2),
        ('a', 'all', 'gptq-w2', 'cousin', 0.50, NULL, 'W', 2.0, NULL, 2),
        ('a', 'all', 'gptq-w2', 'giant', 0.99, NULL, 'W', 2.0, NULL, 2),
        ('a', 'all', 'awq-w4', 'stranger', 0.95, NULL, 'W', 4.0, NULL, 2),
        ('a', 'knowledge', 'awq-w4', 'stranger', 0.95, NULL, 'W', 4.0, NULL, 1),
        ('a', 'all', 'awq-w2', 'toy', 0.95, NULL, 'W', 2.0, NULL, 2),
        ('a', 'all', 'wanda-s50', 'target', 0.95, NULL, 'prune', NULL, NULL, 2)
      ) AS evidence (source_id, ability, recipe_id, model, kept, kept_half, tensor, w_bits, kv_bits, n_tasks)
      JOIN model ON model.model_id = evidence.model`);
    await view('advice');
  });

  const of = async (recipe: string, source = 'every') => {
    const rows = await ask(
      `FROM advice WHERE model_id = 'target' AND recipe_id = '${recipe}' AND source_id = '${source}' AND ability = 'all'`,
    );
    return rows.map((row) => adviceRow.parse(row))[0] ?? null;
  };

  it('takes the nearest evidence only: two results on the model itself, their median and range', async () => {
    const row = await of('rtn-w4');
    expect(row).toMatchObject({
      nearness: 1,
      n_results: 2,
      n_sources: 2,
      n_models: 1,
      n_tasks: 5,
      interval: 'range',
    });
    expect(row!.loss).toBeCloseTo(0.15, 9);
    expect([row!.loss_low, row!.loss_high].map((end) => end!.toFixed(3))).toEqual(['0.100', '0.200']);
  });

  it('keeps the interval of a single result', async () => {
    const row = await of('rtn-w3');
    expect(row).toMatchObject({ interval: '95 %', n_results: 1 });
    expect([row!.loss_low, row!.loss_high].map((end) => end!.toFixed(3))).toEqual(['0.250', '0.350']);
  });

  it('has each source alone beside all together', async () => {
    expect((await of('rtn-w4', 'a'))!.loss).toBeCloseTo(0.1, 9);
    expect((await of('rtn-w4', 'a'))!.interval).toBeNull();
    expect(await of('rtn-w3', 'a')).toBeNull();
  });

  it('goes on to the release line, the family, and other families; never to other sizes or pruned weights', async () => {
    expect(await of('gptq-w3')).toMatchObject({ nearness: 2, example_model: 'sister' });
    expect(await of('gptq-w2')).toMatchObject({ nearness: 3, example_model: 'cousin', loss: 0.5 });
    expect(await of('awq-w4')).toMatchObject({ nearness: 4 });
    expect(await of('awq-w4', 'a')).toBeNull();
    expect(await of('awq-w2')).toBeNull();
    expect(await of('wanda-s50')).toBeNull();
    expect(
      await ask("FROM advice WHERE model_id = 'toy' OR ability <> 'all' AND model_id = 'target'"),
    ).toEqual([]);
  });
});

describe('stored bits', () => {
  beforeAll(async () => {
    await connection.run(`
      CREATE TABLE recipe_kept AS
      SELECT 'reported' AS origin, false AS is_baseline, 7.0 AS params_b, * FROM (VALUES
        ('gptq-w4g128', 'gptq', 'second-order', 'W', 4.0, NULL, 128, NULL, NULL),
        ('awq-w3gx', 'awq', 'scaling', 'W', 3.0, NULL, NULL, NULL, NULL),
        ('rtn-w8', 'rtn', 'rounding', 'W', 8.0, NULL, -1, NULL, NULL),
        ('aqlm-w2gx', 'aqlm', 'codebook', 'W', 2.0, NULL, NULL, NULL, NULL),
        ('vptq-w2.07gx', 'vptq', 'codebook', 'W', 2.07, NULL, NULL, 2.07, NULL),
        ('gguf-w4gx', 'gguf', 'formats', 'W', 4.0, NULL, NULL, 4.8, 4.2e9),
        ('nvfp4-w4gx', 'nvfp4', 'formats', 'W', 4.0, NULL, NULL, NULL, NULL),
        ('rtn-kv4', 'rtn', 'rounding', 'KV', NULL, 4.0, -1, NULL, NULL)
      ) AS row (recipe_id, method_id, method_group, tensor, w_bits, kv_bits, group_size, bits_per_weight, size_bytes)`);
    await view('stored_bits');
  });

  it.each([
    ['gptq-w4g128', 4 + 20 / 128, 'counted', 16],
    ['awq-w3gx', 3 + 19 / 128, 'assumed', 16],
    ['rtn-w8', 8, 'counted', 16],
    ['aqlm-w2gx', 2, 'counted', 16],
    ['vptq-w2.07gx', 2.07, 'printed', 16],
    ['gguf-w4gx', 4.8, 'file', 16],
    ['nvfp4-w4gx', 4.5, 'counted', 16],
    ['rtn-kv4', 16, 'counted', 4],
  ])('%s stores %f bits, %s', async (id, bits, basis, kv) => {
    const row = storedBitsRow.parse((await ask(`FROM stored_bits WHERE recipe_id = '${id}'`))[0]);
    expect(row.bits_per_weight).toBeCloseTo(bits, 9);
    expect(row).toMatchObject({ basis, kv_bits: kv, is_whole: basis === 'file' });
  });
});

describe('coverage', () => {
  beforeAll(async () => {
    const models = ['m1', 'm2', 'm3', 'm4', 'm5', 'm6'];
    const cell = (model: string, method: string, more = "'reported', NULL, 't1', false, 'W', 4.0, NULL") =>
      `('${model}', upper('${model}'), 'llama', 7.0, '${method}', upper('${method}'), '${method}-w4g128', 's', ${more})`;
    const rows = [
      ...models.map((model) => cell(model, 'gptq')),
      ...models.slice(0, 5).map((model) => cell(model, 'awq')),
      cell('m1', 'hqq', "'measured', NULL, 't1', false, 'W', 4.0, NULL"),
      cell('m1', 'hqq', "'measured', 'engine/out-of-memory', 't2', false, 'W', 4.0, NULL"),
      cell('m6', 'hqq'),
      cell('m6', 'rtn'),
      cell('m6', 'fp16', "'reported', NULL, 't1', true, 'none', 16.0, NULL"),
    ];
    await connection.run(`CREATE TABLE board AS SELECT * FROM (VALUES ${rows.join(',')})
      AS row (model_id, model_name, family, params_b, method_id, method_title, recipe_id, source_id, origin, error_code,
        task_id, is_baseline, tensor, w_bits, kv_bits)`);
    await view('coverage');
    await view('coverage_gap');
  });

  it('counts values and failed cells apart, without baselines', async () => {
    const rows = (await ask('FROM coverage')).map((row) => coverageRow.parse(row));
    expect(rows.length).toBe(14);
    expect(rows.find(({ model_id, method_id }) => model_id === 'm1' && method_id === 'hqq')).toMatchObject({
      ...{ nominal_bits: 4, reported: 0, measured: 1, failed: 1, n_tasks: 2 },
    });
  });

  it('finds the one gap between a model of three methods and a method of five models', async () => {
    const gaps = (await ask('FROM coverage_gap')).map((row) => coverageGapRow.parse(row));
    expect(gaps).toMatchObject([
      {
        model_id: 'm6',
        method_id: 'awq',
        nominal_bits: 4,
        n_methods: 3,
        n_models: 5,
        worth: 15,
        recipe_id: 'awq-w4g128',
      },
    ]);
  });
});
