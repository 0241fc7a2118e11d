/** Before the native tests: one database of the repository's data for all sweeps, which otherwise build one each. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { ensureDatabase } from '../../../data/db.ts';

export const BUILT = path.resolve(import.meta.dirname, '../../../.cache/test-database/bitloss.duckdb');

export default async function buildDatabase(): Promise<void> {
  mkdirSync(path.dirname(BUILT), { recursive: true });
  // What is wrong with the data is for the tests to say; sweeps build their own database then.
  await ensureDatabase({ path: BUILT }).catch((error: Error) => console.error(error.message));
}
