/** Item outcomes through a file and back: every type of column, more rows than DuckDB takes at a time, none at all. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, test } from 'vitest';
import type { ItemTable } from '../../../eval/items.ts';
import { readItems, writeItems } from '../../../eval/store/items-file.ts';

function tableOf(rows: number): ItemTable {
  const each = <T>(make: (row: number) => T) => Array.from({ length: rows }, (_, row) => make(row));
  return {
    rows,
    columns: [
      { name: 'item', type: 'text', values: each((row) => `“${row}” \n ünï`) },
      { name: 'count', type: 'int', values: Int32Array.from(each((row) => row - 3)) },
      { name: 'ln "p"', type: 'double', values: Float64Array.from(each((row) => -row / 3)) },
      { name: 'right', type: 'bool', values: Uint8Array.from(each((row) => row % 2)) },
      { name: 'parts', type: 'doubles', values: each((row) => new Float64Array(row % 4).fill(row / 7)) },
    ],
  };
}

test.each([0, 1, 2048, 5000])('%i rows', async (rows) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'bitloss-items-'));
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    const table = tableOf(rows);
    const file = path.join(folder, 'items.parquet');
    await writeItems(connection, file, table);
    expect(await readItems(connection, file)).toEqual(table);
  } finally {
    connection.closeSync();
    instance.closeSync();
    rmSync(folder, { recursive: true });
  }
});
