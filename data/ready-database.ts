/** The database of a data folder as the site reads it: up to date, and with every view computed. */
import { join } from 'node:path';
import { type Database, ensureDatabase, materializeViews, openDatabase } from './db.ts';

/** `BITLOSS_SITE_DATA` names another data folder; the default is the repository's. */
export const SITE_DATA = process.env['BITLOSS_SITE_DATA'] ?? join(process.cwd(), 'data');

let opened: Promise<Database> | null = null;

/**
 * Opens it, once a process. A build asks for it before it bundles, and for rows of it after that.
 * @throws as `ensureDatabase` and `openDatabase`
 */
export function readyDatabase(): Promise<Database> {
  opened ??= ensureDatabase({ root: SITE_DATA }).then(async () => {
    const database = await openDatabase(join(SITE_DATA, 'bitloss.duckdb'), { readOnly: true });
    await materializeViews(database, SITE_DATA);
    return database;
  });
  return opened;
}
