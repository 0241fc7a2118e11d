/** Files that are read together come out as each does on its own, whatever the others are. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, it } from 'vitest';
import { OutcomeReader } from '../../../eval/store/outcome-file.ts';

const row = (task: string, lists: string) =>
  `SELECT '${task}' AS task, 'acc' AS name, NULL::VARCHAR AS recipe, ${lists}`;
const RIGHT = '[true, false] AS flags, NULL::FLOAT[] AS numbers, NULL::VARCHAR[] AS texts';
const STATEMENTS = {
  one: row('piqa', RIGHT),
  other: `${row('boolq', RIGHT)} UNION ALL ${row('arc', 'NULL::BOOLEAN[], [0.5::FLOAT], NULL::VARCHAR[]')}`,
  gap: row('piqa', '[true, NULL] AS flags, NULL::FLOAT[] AS numbers, NULL::VARCHAR[] AS texts'),
  empty: `${row('piqa', RIGHT)} LIMIT 0`,
  wider: row('piqa', 'NULL::BOOLEAN[] AS flags, [0.5::DOUBLE] AS numbers, NULL::VARCHAR[] AS texts'),
};

it('reads many files as it reads one', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'bitloss-outcomes-'));
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  for (const [name, sql] of Object.entries(STATEMENTS))
    await connection.run(`COPY (${sql}) TO '${folder}/${name}.parquet' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
  writeFileSync(path.join(folder, 'text.parquet'), 'no Parquet at all');

  const reader = await OutcomeReader.open(folder);
  const plain = (read: Awaited<ReturnType<typeof reader.read>>) =>
    'faults' in read ? read.faults : read.rows;
  const all = async (names: readonly string[]) =>
    (await reader.readAll(names.map((name) => path.join(folder, `${name}.parquet`)))).map(plain);
  const names = [...Object.keys(STATEMENTS), 'text'];
  const alone = [];
  for (const name of names) alone.push(...(await all([name])));
  const right = { name: 'acc', type: 'bool', values: Uint8Array.of(1, 0) };
  const half = { name: 'acc', type: 'double', values: Float64Array.of(0.5) };
  expect(alone.slice(0, 2)).toEqual([
    [{ task: 'piqa', recipe: null, column: right }],
    [
      { task: 'boolq', recipe: null, column: right },
      { task: 'arc', recipe: null, column: half },
    ],
  ]);
  expect(alone[2]).toEqual(['Row 1 (piqa acc) has nothing for item 1.']);
  expect(alone[4]![0]).toContain('numbers DOUBLE[]');
  expect(alone[5]![0]).toContain('cannot be read as Parquet');
  expect(await all(names)).toEqual(alone);
  expect(await all(names.slice(0, 5))).toEqual(alone.slice(0, 5));
  reader.close();
});
