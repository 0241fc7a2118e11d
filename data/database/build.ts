/** Builds the database beside the old one and puts it in its place only when it is complete. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { BitlossError } from '../errors.ts';
import { recipeColumns } from '../recipe-columns.ts';
import { VIEWS } from '../views.ts';
import { type Catalogues, readCatalogues } from './catalogues.ts';
import { readClaimed } from './claimed.ts';
import { claimRows, viewSql } from './claims.ts';
import { fingerprint } from './fingerprint.ts';
import { insertRows, type Row } from './insert.ts';
import { cannotWrite, otherRuns } from './messages.ts';
import { translate } from './open.ts';
import { Problems } from './problems.ts';
import { readReported } from './reported.ts';
import { readRuns } from './runs.ts';
import { readTensors } from './tensors.ts';
import { beginningsOf, readTrust } from './trust.ts';

const CODE = join(import.meta.dirname, '..');
const LOCAL_TABLES = ['local_run', 'local_cell', 'local_metric'] as const;

/** Rows of tables that are made from files, by the table's name. */
type Tables = Readonly<Record<string, readonly Row[]>>;

export interface BuildReport {
  readonly path: string;
  readonly fingerprint: string;
  readonly reported: number;
  readonly cells: number;
  readonly wall_ms: number;
}

/** Reads every file below `root`, checks all of them, and replaces the database at `path`. */
export async function build(root: string, path: string): Promise<BuildReport> {
  const start = performance.now();
  const mark = fingerprint(root);
  const problems = new Problems();
  const catalogues = readCatalogues(root, problems);
  problems.throwIfAny();
  const reported = readReported(root, catalogues, problems);
  const runs = readRuns(root, catalogues, problems);
  const claimed = readClaimed(root, catalogues, problems);
  const trust = readTrust(root, beginningsOf(runs.runs, runs.cells, claimed.files), problems);
  const tensors = readTensors(root, problems);
  problems.throwIfAny();
  const tables: Tables = {
    reported,
    file_run: runs.runs,
    file_cell: runs.cells,
    file_metric: runs.metrics,
    claimed_file: claimed.files,
    claimed: claimed.rows,
    trust_record: trust,
    tensor_file: tensors.files,
    tensor_statistic: tensors.statistics,
  };
  const temporary = `${path}.new-${process.pid}`;
  discard(temporary);
  try {
    await write(temporary, path, mark, catalogues, tables);
  } catch (error) {
    discard(temporary);
    throw isWriteError(error) ? cannotWrite(path, error) : error;
  }
  const wall_ms = Math.round(performance.now() - start);
  return { path, fingerprint: mark, reported: reported.length, cells: runs.cells.length, wall_ms };
}

async function write(
  temporary: string,
  path: string,
  mark: string,
  catalogues: Catalogues,
  tables: Tables,
): Promise<void> {
  const instance = await DuckDBInstance.create(temporary);
  const connection = await instance.connect();
  try {
    await connection.run('BEGIN');
    await createTables(connection);
    await fillCatalogues(connection, catalogues);
    for (const [table, rows] of Object.entries(tables)) await insertRows(connection, table, rows);
    const old = existsSync(path) ? await keepLocalRuns(connection, path) : null;
    await fillRecipes(connection);
    await createViews(connection, [...catalogues.claims.keys()]);
    await insertRows(connection, 'meta', [{ key: 'fingerprint', value: mark }]);
    await connection.run('COMMIT');
    await connection.run('CHECKPOINT');
    connection.closeSync();
    instance.closeSync();
    // The old file stays locked until the new one has its name, so that nothing stored in between is lost.
    renameSync(temporary, path);
    old?.close();
    discard(`${path}.wal`);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function createTables(connection: DuckDBConnection): Promise<void> {
  await connection.run(readFileSync(join(CODE, 'tables', 'derived.sql'), 'utf8'));
  const runs = readFileSync(join(CODE, 'tables', 'runs.sql'), 'utf8');
  for (const place of ['file', 'local']) await connection.run(runs.replaceAll('PLACE', place));
}

/** Half as long as without stand-ins: DuckDB looks through a new view down to the tables, once for every mention of another. */
async function createViews(connection: DuckDBConnection, claims: readonly string[]): Promise<void> {
  for (const view of VIEWS) {
    await connection.run(viewSql(view, claims));
    // Has the view's name for this connection, so that what is defined over the view is checked against its columns.
    await connection.run(`CREATE TEMP TABLE "${view}" AS FROM main."${view}" LIMIT 0`);
  }
}

/** Copies what the pipeline stored cell by cell. The old database stays open, and locked, until it is closed. */
async function keepLocalRuns(connection: DuckDBConnection, path: string): Promise<{ close(): void }> {
  const old = await DuckDBInstance.create(path).catch((error: Error) => {
    throw translate(path, error);
  });
  const reader = await old.connect();
  try {
    await reader.run('CHECKPOINT');
    const known = await reader.runAndReadAll('SELECT table_name FROM duckdb_tables()');
    const names = new Set(known.getRows().map(([name]) => String(name)));
    for (const table of LOCAL_TABLES) {
      if (!names.has(table)) continue;
      const rows = await reader.runAndReadAll(`SELECT * FROM ${table} ORDER BY ALL`);
      await insertRows(connection, table, rows.getRowObjectsJson() as Row[]).catch((error: Error) => {
        throw otherRuns(path, error);
      });
    }
  } catch (error) {
    reader.closeSync();
    old.closeSync();
    throw error instanceof BitlossError ? error : translate(path, error as Error);
  }
  return {
    close: () => {
      reader.closeSync();
      old.closeSync();
    },
  };
}

async function fillCatalogues(connection: DuckDBConnection, catalogues: Catalogues): Promise<void> {
  const papers = [...catalogues.papers.values()].map(({ id, ...rest }) => ({ paper_id: id, ...rest }));
  const models = [...catalogues.models.values()].map(({ id, ...rest }) => ({ model_id: id, ...rest }));
  const methods = [...catalogues.methods.values()].map(({ id, group, paper, ...rest }) => ({
    method_id: id,
    method_group: group,
    paper_id: paper,
    ...rest,
  }));
  const sources = [...catalogues.sources.values()].map(({ id, title, paper, repository, read_as }) => {
    const arxiv = catalogues.papers.get(paper ?? '')?.arxiv ?? null;
    const url = repository === null ? null : `https://github.com/${repository}`;
    return { source_id: id, title, paper_id: paper, arxiv, url, repository, read_as };
  });
  const datasets = [...catalogues.datasets.values()].map(({ id, files: _, ...rest }) => ({
    dataset_id: id,
    ...rest,
  }));
  const tasks = [...catalogues.tasks.values()].map(({ id, dataset, n_by_position: _, ...rest }) => ({
    task_id: id,
    dataset_id: dataset,
    ...rest,
  }));
  await insertRows(connection, 'paper', papers);
  await insertRows(connection, 'model', models);
  await insertRows(connection, 'method', methods);
  await insertRows(connection, 'source', sources);
  await insertRows(connection, 'dataset', datasets);
  await insertRows(connection, 'task', tasks);
  const claims = claimRows([...catalogues.claims.values()]);
  await insertRows(connection, 'claim_statement', claims.statements);
  await insertRows(connection, 'claim_paper', claims.papers);
}

async function fillRecipes(connection: DuckDBConnection): Promise<void> {
  const reader = await connection.runAndReadAll(
    `SELECT recipe_id FROM reported UNION SELECT recipe_id FROM file_cell UNION SELECT recipe_id FROM local_cell
     UNION SELECT recipe FROM claimed
     ORDER BY recipe_id`,
  );
  const rows = reader.getRows().map(([id]) => ({ ...recipeColumns(String(id)) }));
  await insertRows(connection, 'recipe', rows);
}

/** DuckDB says what the system refused; anything else is a fault of ours and stays as it is. */
function isWriteError(error: unknown): boolean {
  return (
    error instanceof Error && !(error instanceof BitlossError) && /^IO Error|^E[A-Z]+: /.test(error.message)
  );
}

function discard(path: string): void {
  rmSync(path, { force: true });
  rmSync(`${path}.wal`, { force: true });
}

/** Hash of a result, to tell whether two databases say the same. */
export function contentHash(rows: readonly Record<string, unknown>[]): string {
  return createHash('sha256').update(JSON.stringify(rows)).digest('hex');
}
