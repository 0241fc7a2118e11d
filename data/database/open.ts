import { existsSync } from 'node:fs';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { cannotWrite, damaged, locked, missing, outdated } from './messages.ts';

/** An open database. Close it: while it is open for writing, no other process can open it. */
export interface Database {
  readonly path: string;
  readonly connection: DuckDBConnection;
  close(): void;
}

/**
 * Opens an existing database.
 * @throws database/missing, database/locked, database/damaged, database/outdated, database/cannot-write
 */
export async function openDatabase(path: string, options: { readOnly: boolean }): Promise<Database> {
  if (!existsSync(path)) throw missing(path);
  const instance = await createInstance(path, options.readOnly);
  const connection = await instance.connect();
  const close = () => {
    connection.closeSync();
    instance.closeSync();
  };
  try {
    await check(connection);
  } catch (error) {
    close();
    throw (error as Error).message.startsWith('Catalog Error') ? outdated(path) : damaged(path, error);
  }
  return { path, connection, close };
}

/** Tables with values; a damaged block shows when it is read. */
const VALUES = ['reported', 'file_cell', 'file_metric', 'local_cell', 'local_metric'];

/** Whether it is of this version, and can be read; to compute the board for that would take a second. */
async function check(connection: DuckDBConnection): Promise<void> {
  await connection.run('SELECT * FROM board LIMIT 0');
  for (const table of VALUES) await connection.run(`SELECT count(COLUMNS(*)) FROM ${table}`);
}

async function createInstance(path: string, readOnly: boolean): Promise<DuckDBInstance> {
  try {
    // One thread: sums of floating-point numbers then have one order, and a view the same rows to the last bit.
    return await DuckDBInstance.create(path, {
      access_mode: readOnly ? 'READ_ONLY' : 'READ_WRITE',
      threads: '1',
    });
  } catch (error) {
    throw translate(path, error as Error);
  }
}

/** Tells the ways of failing apart, by DuckDB's own words. */
export function translate(path: string, error: Error): Error {
  if (/could not set lock|being used by another process/i.test(error.message)) return locked(path, error);
  if (/permission denied|read-only file system|no space left|cannot open file/i.test(error.message))
    return cannotWrite(path, error);
  return damaged(path, error);
}
