/** The board as it is without what was sent, and with it. */
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildDatabase, type Database, materializeViews, openDatabase } from '../../../data/db.ts';
import { sqlText } from '../../../data/sql-text.ts';
import {
  type BoardRow,
  type ClaimRow,
  type RecipeKeptRow,
  type RecipeRankRow,
  readView,
} from '../../../data/views.ts';

/** A value that is new or not as it was; what it was, where it was there. */
export type ChangedRow = BoardRow & {
  readonly is_new: boolean;
  readonly value_before: number | null;
  readonly kept_before: number | null;
  readonly trust_before: string | null;
};

export interface BoardState {
  readonly ranks: readonly RecipeRankRow[];
  readonly claims: readonly ClaimRow[];
  readonly kept: readonly RecipeKeptRow[];
}

export interface States {
  readonly before: BoardState;
  readonly after: BoardState;
  /** By model, recipe, task and metric. */
  readonly changed: readonly ChangedRow[];
}

/** Views that a report reads, with those that they are made of. */
const VIEWS = [
  'trust',
  'score',
  'board',
  'claim_value',
  'claim_evidence',
  'claim_comparison',
  'claim',
  'ability_kept',
  'recipe_kept',
  'recipe_rank',
] as const;

/**
 * Builds the database of a checkout once, and takes out of a copy what was sent. Runs that only this machine has do not
 * count.
 * @param root of the checkout, absolute; its data is read, and nothing is written there
 * @param sent results and trust records that are added, relative to it
 * @throws data/malformed where the files make no database
 */
export async function boardStates(root: string, sent: readonly string[]): Promise<States> {
  const folder = mkdtempSync(path.join(tmpdir(), 'bitloss-report-'));
  try {
    const data = dataWithoutLocal(path.join(root, 'data'), folder);
    const [after, before] = ['after', 'before'].map((name) => path.join(folder, `${name}.duckdb`));
    await buildDatabase({ root: data, path: after! });
    copyFileSync(after!, before!);
    const files = sent.map((file) => file.replace(/^data\//, ''));
    const ranked = path.join(folder, 'ranked');
    await within(after!, (database) => copyOutcomes(database, data, ranked, files));
    // Boards have more rows than anybody sends, so they are compared where they are.
    const board = sqlText(path.join(folder, 'board.parquet'));
    const old = await within(before!, async (database) => {
      await takeOut(database, files);
      const state = await stateOf(database, ranked);
      await database.connection.run(`COPY (SELECT row_id, ${COMPARED.join(', ')} FROM board) TO ${board}`);
      return state;
    });
    return await within(after!, async (database) => ({
      before: old,
      after: await stateOf(database, ranked),
      changed: await changedRows(database, board),
    }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The data folder by links; what is a link in the checkout already may lead anywhere and is left out. */
function dataWithoutLocal(from: string, folder: string): string {
  const data = path.join(folder, 'data');
  mkdirSync(data);
  for (const name of readdirSync(from)) {
    if (name === 'local' || name.includes('.duckdb') || lstatSync(path.join(from, name)).isSymbolicLink())
      continue;
    symlinkSync(path.join(from, name), path.join(data, name));
  }
  return data;
}

const COMPARED = ['value', 'kept', 'trust', 'suspect_reason', 'locator'];

async function within<T>(file: string, work: (database: Database) => Promise<T>): Promise<T> {
  const database = await openDatabase(file, { readOnly: false });
  try {
    return await work(database);
  } finally {
    database.close();
  }
}

async function stateOf(database: Database, ranked: string): Promise<BoardState> {
  await materializeViews(database, ranked, VIEWS);
  return {
    ranks: await readView(database, 'recipe_rank'),
    claims: await readView(database, 'claim'),
    kept: await readView(database, 'recipe_kept'),
  };
}

async function changedRows({ connection }: Database, before: string): Promise<readonly ChangedRow[]> {
  const differs = COMPARED.map((column) => `board.${column} IS DISTINCT FROM old.${column}`).join(' OR ');
  const reader = await connection.runAndReadAll(
    `SELECT board.*, old.row_id IS NULL AS is_new, old.value AS value_before, old.kept AS kept_before, old.trust AS trust_before
     FROM board LEFT JOIN ${before} AS old USING (row_id)
     WHERE old.row_id IS NULL OR ${differs}
     ORDER BY board.model_id, board.is_baseline DESC, board.recipe_id, board.task_id, board.metric, board.row_id`,
  );
  return reader.getRowObjectsJS() as unknown as ChangedRow[];
}

/**
 * Ranks are within a model and a source, so only the outcomes of those that something was sent of are compared: a
 * twentieth of the work.
 */
async function copyOutcomes(
  { connection }: Database,
  data: string,
  ranked: string,
  sent: readonly string[],
): Promise<void> {
  const reader = await connection.runAndReadAll(
    `WITH part AS (SELECT DISTINCT run_id, file, owner, model_id FROM file_run JOIN file_cell USING (run_id)),
     wanted AS (SELECT owner, model_id FROM part WHERE file IN (${listOf(sent)}))
     SELECT DISTINCT file FROM part SEMI JOIN wanted USING (owner, model_id)`,
  );
  for (const [json] of reader.getRows()) {
    const outcomes = String(json).replace(/\.json$/, '.parquet');
    for (const file of [String(json), outcomes]) {
      if (!existsSync(path.join(data, file))) continue;
      mkdirSync(path.dirname(path.join(ranked, file)), { recursive: true });
      copyFileSync(path.join(data, file), path.join(ranked, file));
    }
  }
}

async function takeOut({ connection }: Database, sent: readonly string[]): Promise<void> {
  const files = listOf(sent);
  const runs = `run_id IN (SELECT run_id FROM file_run WHERE file IN (${files}))`;
  const claims = `subject IN (SELECT subject FROM claimed_file WHERE file IN (${files}))`;
  for (const table of ['file_metric', 'file_cell'])
    await connection.run(`DELETE FROM ${table} WHERE ${runs}`);
  await connection.run(`DELETE FROM claimed WHERE ${claims}`);
  for (const table of ['file_run', 'claimed_file', 'trust_record'])
    await connection.run(`DELETE FROM ${table} WHERE file IN (${files})`);
}

const listOf = (files: readonly string[]) => (files.length === 0 ? "''" : files.map(sqlText).join(', '));
