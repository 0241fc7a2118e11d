/** Reads the Parquet files beside runs, and compares the recipes of a model by the outcomes of their items. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { sqlText } from '../sql-text.ts';
import { runFiles } from './runs.ts';

const SQL = join(import.meta.dirname, '..', 'tables', 'ranks.sql');

interface ItemFile {
  readonly run: string;
  /** Relative to the data folder. */
  readonly file: string;
}

/**
 * Fills `recipe_pair`, for this connection, from the outcomes of published runs; needs all views but `recipe_rank`.
 * Without outcomes it stays empty.
 */
export async function fillPairs(connection: DuckDBConnection, root: string): Promise<void> {
  const files = await itemFiles(connection, root);
  if (files.length === 0) return;
  const [parts, pairs] = readFileSync(SQL, 'utf8').split('-- Outcomes are read here.\n') as [string, string];
  await connection.run('CREATE TEMP TABLE recipe_pair AS FROM main.recipe_pair LIMIT 0');
  await connection.run(parts);
  for (const { run, file } of files) await readOutcomes(connection, run, join(root, file));
  await connection.run(pairs);
}

/** Paths of item files that stand beside run files, relative to the data folder. */
export function itemPaths(root: string): readonly string[] {
  return runFiles(root)
    .map(({ file }) => file.replace(/\.json$/, '.parquet'))
    .filter((file) => existsSync(join(root, file)));
}

async function itemFiles(connection: DuckDBConnection, root: string): Promise<readonly ItemFile[]> {
  const beside = new Set(itemPaths(root));
  const reader = await connection.runAndReadAll(
    `SELECT DISTINCT run_id, file, items FROM file_cell JOIN file_run USING (run_id)
     WHERE items IS NOT NULL AND file IS NOT NULL ORDER BY ALL`,
  );
  return reader
    .getRows()
    .map(([run, file, items]) => ({
      run: String(run),
      file: posix.join(dirname(String(file)), String(items)),
    }))
    .filter(({ file }) => beside.has(file));
}

async function readOutcomes(connection: DuckDBConnection, run: string, path: string): Promise<void> {
  const file = sqlText(path);
  const schema = await connection.runAndReadAll(`SELECT name FROM parquet_schema(${file})`);
  const names = schema.getRows().map(([name]) => name);
  // Outcomes in another layout say nothing here; that they are well-formed is checked where they are submitted.
  if (!['task', 'name', 'recipe', 'flags', 'numbers'].every((name) => names.includes(name))) return;
  await connection.run(
    `INSERT INTO item_outcome
     SELECT $run, task, name, recipe, coalesce(flags::FLOAT[], numbers)
     FROM read_parquet(${file})
     WHERE coalesce(flags::FLOAT[], numbers) IS NOT NULL
       AND name IN (SELECT sum_name FROM metric_part UNION SELECT per_name FROM metric_part)`,
    { run },
  );
}
