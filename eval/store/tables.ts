/** The tables of local runs: written cell by cell, each in one transaction. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { insertRows } from '../../data/database/insert.ts';
import { type Database, registerRecipe } from '../../data/db.ts';
import { cellRow, metricRows, runRow } from '../../data/run-rows.ts';
import type { Cell, Manifest } from '../../data/schema.ts';
import { sqlText } from '../../data/sql-text.ts';
import { diskFault } from '../errors/run.ts';

/** Stores cells with the newest manifest of their run; earlier rows of the same cells are replaced. Throws `store/…`. */
export async function storeCells(
  database: Database,
  run: Manifest,
  file: string,
  cells: readonly Cell[],
): Promise<void> {
  const { connection } = database;
  try {
    await connection.run('BEGIN TRANSACTION');
    await replaceRun(connection, run, file);
    if (cells.length > 0) await replaceCells(connection, run, cells);
    await connection.run('COMMIT');
  } catch (cause) {
    await connection.run('ROLLBACK').catch(() => undefined);
    throw diskFault(database.path, cause);
  }
}

/** Keys of the cells of a run that are stored, each with whether it failed. */
export async function storedKeys(
  { connection }: Database,
  runId: string,
): Promise<ReadonlyMap<string, boolean>> {
  const reader = await connection.runAndReadAll(
    'SELECT cell_key, error_code IS NOT NULL FROM local_cell WHERE run_id = $runId',
    { runId },
  );
  return new Map(reader.getRows().map(([key, failed]) => [String(key), failed === true]));
}

/** Run files of this machine that hold finished cells of these keys, those that a new database was built from included. */
export async function filesWith(
  { connection }: Database,
  keys: readonly string[],
): Promise<readonly string[]> {
  if (keys.length === 0) return [];
  const list = listOf(keys);
  const reader = await connection.runAndReadAll(
    `SELECT file FROM local_run JOIN local_cell USING (run_id)
     WHERE file IS NOT NULL AND error_code IS NULL AND cell_key IN (${list})
     UNION
     SELECT file FROM file_run JOIN file_cell USING (run_id)
     WHERE file LIKE 'local/%' AND error_code IS NULL AND cell_key IN (${list}) ORDER BY file`,
  );
  return reader.getRows().map(([file]) => String(file));
}

async function replaceRun(connection: DuckDBConnection, run: Manifest, file: string): Promise<void> {
  await connection.run('DELETE FROM local_run WHERE run_id = $id', { id: run.run_id });
  await insertRows(connection, 'local_run', [runRow(run, 'local', file)]);
}

async function replaceCells(
  connection: DuckDBConnection,
  run: Manifest,
  cells: readonly Cell[],
): Promise<void> {
  for (const recipe of new Set(cells.map((cell) => cell.recipe))) await registerRecipe(connection, recipe);
  const keys = listOf(cells.map(({ cell_key }) => cell_key));
  for (const table of ['local_metric', 'local_cell'])
    await connection.run(`DELETE FROM ${table} WHERE run_id = $run AND cell_key IN (${keys})`, {
      run: run.run_id,
    });
  await insertRows(
    connection,
    'local_cell',
    cells.map((cell) => cellRow(run, cell)),
  );
  await insertRows(
    connection,
    'local_metric',
    cells.flatMap((cell) => metricRows(run, cell)),
  );
}

/** Texts as literals of SQL. */
function listOf(texts: readonly string[]): string {
  return texts.map(sqlText).join(', ');
}
