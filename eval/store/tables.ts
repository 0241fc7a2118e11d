/** The tables of local runs: written cell by cell, each in one transaction. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { insertRows } from '../../data/database/insert.ts';
import { type Database, registerRecipe } from '../../data/db.ts';
import { cellRow, metricRows, runRow } from '../../data/run-rows.ts';
import type { Cell, Manifest } from '../../data/schema.ts';
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
    for (const cell of cells) await replaceCell(connection, run, cell);
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
  const list = keys.map((key) => `'${key.replaceAll("'", "''")}'`).join(', ');
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

async function replaceCell(connection: DuckDBConnection, run: Manifest, cell: Cell): Promise<void> {
  await registerRecipe(connection, cell.recipe);
  const key = { run: run.run_id, cell: cell.cell_key };
  await connection.run('DELETE FROM local_metric WHERE run_id = $run AND cell_key = $cell', key);
  await connection.run('DELETE FROM local_cell WHERE run_id = $run AND cell_key = $cell', key);
  await insertRows(connection, 'local_cell', [cellRow(run, cell)]);
  await insertRows(connection, 'local_metric', metricRows(run, cell));
}
