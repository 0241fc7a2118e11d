/** A release is made of a built site: files checked, one database, hashes over everything. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, it } from 'vitest';

const run = promisify(execFile);
const SCRIPT = resolve(import.meta.dirname, '../../scripts/release.ts');

async function site(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'release-'));
  const data = join(folder, 'dist/data');
  mkdirSync(join(data, 'schema'), { recursive: true });
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(
    `COPY (SELECT 1 AS a, 'x' AS b) TO '${join(data, 'claim-comparisons.parquet')}' (FORMAT parquet)`,
  );
  connection.closeSync();
  instance.closeSync();
  const sha256 = createHash('sha256')
    .update(readFileSync(join(data, 'claim-comparisons.parquet')))
    .digest('hex');
  const files = [{ table: 'claim-comparisons', format: 'parquet', sha256 }];
  writeFileSync(join(data, 'release.json'), JSON.stringify({ version: 'abc', files }));
  writeFileSync(join(data, 'croissant.json'), '{}');
  writeFileSync(join(data, 'schema/run.schema.json'), '{}');
  return folder;
}

it('copies, makes the database, and hashes', async () => {
  const folder = await site();
  const { stdout } = await run(process.execPath, [SCRIPT], { cwd: folder });
  expect(stdout).toContain('version abc, 5 files');
  const out = join(folder, 'release');
  for (const line of readFileSync(join(out, 'SHA256SUMS'), 'utf8').trim().split('\n')) {
    const [hash, file] = line.split('  ') as [string, string];
    expect(
      createHash('sha256')
        .update(readFileSync(join(out, file)))
        .digest('hex'),
    ).toBe(hash);
  }
  const instance = await DuckDBInstance.create(join(out, 'bitloss.duckdb'), { access_mode: 'READ_ONLY' });
  const connection = await instance.connect();
  const reader = await connection.runAndReadAll('FROM claim_comparisons');
  expect(reader.getRows()).toEqual([[1, 'x']]);
  connection.closeSync();
  instance.closeSync();
}, 60_000);

it('refuses a file that is not the stated one', async () => {
  const folder = await site();
  writeFileSync(join(folder, 'dist/data/claim-comparisons.parquet'), 'other');
  await expect(run(process.execPath, [SCRIPT], { cwd: folder })).rejects.toThrow(
    'is not the file that release.json states',
  );
}, 60_000);
