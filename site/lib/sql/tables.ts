/**
 * The tables of the SQL page: every download under a name that SQL takes, with its columns and the file it comes in.
 * They are kept in the database of the build, where the examples are asked.
 */
import { dataVersion, keepTable, select } from '../db.ts';
import { downloadBytes } from '../download-bytes.ts';
import { DOWNLOADS, type Download, tableName } from '../downloads.ts';
import { once } from '../once.ts';
import { href } from '../url.ts';
import type { EngineTable } from './engine.ts';

export interface SqlTable {
  readonly name: string;
  readonly download: Download;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

export const sqlTables = once((): Promise<readonly SqlTable[]> => Promise.all(DOWNLOADS.map(describe)));

async function describe(download: Download): Promise<SqlTable> {
  const name = tableName(download);
  await keepTable(name, download.sql);
  const columns = await select<{ name: string; type: string }>(
    `SELECT column_name AS name, column_type AS type FROM (DESCRIBE ${name})`,
  );
  return { name, download, columns };
}

/** What the browser needs to load each table. */
export async function engineTables(): Promise<readonly EngineTable[]> {
  const version = await dataVersion();
  return Promise.all(
    (await sqlTables()).map(async ({ name, download, columns }) => ({
      name,
      url: href(`/data/${version}/${download.id}.csv.gz`),
      bytes: (await downloadBytes(download, 'csv.gz')).byteLength,
      columns: Object.fromEntries(columns.map((column) => [column.name, column.type])),
    })),
  );
}
