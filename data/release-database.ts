/** All tables of a release in one DuckDB file, for those who open it rather than read files. */
import { existsSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';
import { BitlossError } from './errors.ts';
import { sqlText } from './sql-text.ts';

export interface ReleaseTable {
  /** A name that SQL takes without quotes. */
  readonly name: string;
  /** Parquet file that holds it. */
  readonly file: string;
}

/**
 * Writes a new database with one table a Parquet file. Its content is that of the files; its bytes are not the same twice,
 * since DuckDB leaves memory as it finds it between values: hashes belong to the Parquet files.
 * @throws release/exists where there is a file at `path`
 */
export async function writeReleaseDatabase(path: string, tables: readonly ReleaseTable[]): Promise<void> {
  if (existsSync(path))
    throw new BitlossError(
      'release/exists',
      `[release] ${path} is there already.`,
      'Remove it, or name another folder with --out.',
    );
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  try {
    for (const { name, file } of tables)
      await connection.run(`CREATE TABLE ${name} AS FROM read_parquet(${sqlText(file)})`);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
