/** The database that everything reads: built from the files below data/, never edited by hand. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildReport, build } from './database/build.ts';
import { fingerprint } from './database/fingerprint.ts';
import { insertRows } from './database/insert.ts';
import { materializeViews } from './database/materialize.ts';
import { type Database, openDatabase } from './database/open.ts';
import { BitlossError } from './errors.ts';
import { recipeColumns } from './recipe-columns.ts';

export type { BuildReport, Database };
export { materializeViews, openDatabase };

export interface DatabaseOptions {
  /** Folder with the catalogues, published results and run files; default: the repository's data folder. */
  readonly root?: string;
  /** Where the database is or will be; default: `bitloss.duckdb` in `root`. */
  readonly path?: string;
}

function resolve(options: DatabaseOptions): { root: string; path: string } {
  const root = options.root ?? import.meta.dirname;
  return { root, path: options.path ?? join(root, 'bitloss.duckdb') };
}

/**
 * Builds the database from nothing but files; cells that the pipeline stored in the old one are carried over.
 * @throws data/malformed with every fault of every file, database/locked, database/damaged, database/cannot-write;
 *         the old database is then as it was
 */
export async function buildDatabase(options: DatabaseOptions = {}): Promise<BuildReport> {
  const { root, path } = resolve(options);
  return build(root, path);
}

/** Builds the database unless the one there was made from the same files. Returns null when there was nothing to do. */
export async function ensureDatabase(options: DatabaseOptions = {}): Promise<BuildReport | null> {
  const { root, path } = resolve(options);
  if (existsSync(path) && (await storedFingerprint(path)) === fingerprint(root)) return null;
  return build(root, path);
}

async function storedFingerprint(path: string): Promise<string | null> {
  let database: Database;
  try {
    database = await openDatabase(path, { readOnly: true });
  } catch (error) {
    if (error instanceof BitlossError && error.code === 'database/outdated') return null;
    throw error;
  }
  try {
    const reader = await database.connection.runAndReadAll(
      "SELECT value FROM meta WHERE key = 'fingerprint'",
    );
    return String(reader.getRows()[0]?.[0] ?? '');
  } finally {
    database.close();
  }
}

/** Makes a recipe known to the views; the pipeline calls it before it stores a cell. */
export async function registerRecipe(connection: Database['connection'], recipeId: string): Promise<void> {
  const known = await connection.runAndReadAll('SELECT 1 FROM recipe WHERE recipe_id = $id', {
    id: recipeId,
  });
  if (known.currentRowCount === 0) await insertRows(connection, 'recipe', [{ ...recipeColumns(recipeId) }]);
}
