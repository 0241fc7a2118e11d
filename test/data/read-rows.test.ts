import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readTable } from '../../data/read-rows.ts';

type Connection = Awaited<ReturnType<DuckDBInstance['connect']>>;

let instance: DuckDBInstance;
let connection: Connection;

beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  connection = await instance.connect();
});

afterAll(() => {
  connection.closeSync();
  instance.closeSync();
});

/** Texts that repeat, that never do, that are missing or hostile, and values of other types. */
const SELECT = `SELECT
    CASE i % 4 WHEN 0 THEN 'it''s' WHEN 1 THEN '' WHEN 2 THEN 'ß – ”x”' END AS few,
    'row ' || i AS every, NULL::VARCHAR AS nothing, i::BIGINT AS big, i / 7.0 AS number, i % 2 = 0 AS flag,
    DATE '2026-01-01' + i::INTEGER AS day, [i, i + 1] AS list, 'same' AS "odd name"
  FROM range($rows) AS all_rows(i)`;

it.each([0, 3, 4_999, 5_000, 12_000])('%i rows are those of DuckDB, in their order', async (rows) => {
  const table = `rows_${rows}`;
  const sql = SELECT.replace('$rows', String(rows));
  await connection.run(`CREATE TEMP TABLE ${table} AS ${sql}`);
  const expected = (await connection.runAndReadAll(`FROM ${table}`)).getRowObjectsJS();
  const found = await readTable(connection, table);
  expect(found).toHaveLength(rows);
  expect(found).toEqual(expected);
  expect(Object.keys(found[0] ?? {})).toEqual(Object.keys(expected[0] ?? {}));
});
