/** A small valid submission: a committed run of the zoo, cut to a few recipes and tasks. */
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { formatCompactRun } from '../../../data/compact-run.ts';
import { type CompactRun, compactRunSchema } from '../../../data/compact-run-schema.ts';
import { contentHash } from '../../../eval/content-hash.ts';

const DATA = path.resolve(import.meta.dirname, '../../../data');
const SOURCE = path.join(DATA, 'results/bitloss/bitloss-llama-0.5m-10fc056672d4');
export const HANDLE = 'someone';

export interface ValidSubmission {
  readonly run: CompactRun;
  readonly stem: string;
  readonly text: string;
  readonly parquet: Uint8Array;
  /** Parquet with the rows of a statement over the table `outcomes`. */
  readonly parquetOf: (sql: string) => Promise<Uint8Array>;
  readonly close: () => void;
}

export async function validSubmission(
  recipes: readonly string[] = ['fp16', 'rtn-w4g64', 'rtn-w2g64', 'gptq-w4g64'],
  tasks: readonly string[] = ['world-facts', 'world-text'],
): Promise<ValidSubmission> {
  const run = cutRun(
    compactRunSchema.parse(JSON.parse(readFileSync(`${SOURCE}.json`, 'utf8'))),
    recipes,
    tasks,
  );
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const list = (values: readonly string[]) => values.map((value) => `'${value}'`).join(', ');
  await connection.run(
    `CREATE TABLE outcomes AS SELECT * FROM '${SOURCE}.parquet' WHERE task IN (${list(tasks)}) AND (recipe IS NULL OR recipe IN (${list(recipes)}))`,
  );
  const folder = mkdtempSync(path.join(tmpdir(), 'bitloss-parquet-'));
  const parquetOf = (sql: string) => writeParquet(connection, path.join(folder, 'x.parquet'), sql);
  return {
    run,
    stem: run.run.run_id,
    text: formatCompactRun(run),
    parquet: await parquetOf('SELECT * FROM outcomes'),
    parquetOf,
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

async function writeParquet(connection: DuckDBConnection, file: string, sql: string): Promise<Uint8Array> {
  await connection.run(`COPY (${sql}) TO '${file}' (FORMAT parquet)`);
  return readFileSync(file);
}

function cutRun(whole: CompactRun, recipes: readonly string[], tasks: readonly string[]): CompactRun {
  const kept = [...whole.tasks.keys()].filter((place) => tasks.includes(whole.tasks[place]!.task));
  const blocks = whole.recipes
    .filter(({ recipe }) => recipes.includes(recipe))
    .map((block) => ({
      ...block,
      cells: block.cells
        .filter(([place]) => kept.includes(place))
        .map(([place, ...rest]): (typeof block.cells)[number] => [kept.indexOf(place), ...rest]),
    }));
  const keys = blocks.flatMap(({ cells }) =>
    cells.map(([, key]) => Buffer.from(key, 'base64url').toString('hex')),
  );
  const run_id = `${whole.run.models[0]!.id}-${contentHash(keys.sort()).slice(0, 12)}`;
  const sweep = { ...(whole.run.settings.sweep as object), recipes: [...recipes], tasks: [...tasks] };
  return {
    ...whole,
    run: {
      ...whole.run,
      run_id,
      command: `pnpm eval --model data/models/bitloss-llama-0.5m --recipe ${recipes.join(',')} --task ${tasks.join(',')} --engine cuda`,
      settings: { ...whole.run.settings, sweep },
    },
    tasks: kept.map((place) => whole.tasks[place]!),
    recipes: blocks.map((block) => ({ ...block, items: `${run_id}.parquet` })),
  };
}

/** A folder with files, called relative to it. */
export function folderWith(files: Readonly<Record<string, string | Uint8Array>>, parent = tmpdir()): string {
  const root = mkdtempSync(path.join(parent, 'bitloss-checkout-'));
  for (const [file, content] of Object.entries(files)) {
    const place = path.join(root, file);
    mkdirSync(path.dirname(place), { recursive: true });
    writeFileSync(place, content);
  }
  return root;
}

/** The same with the catalogues of the project. */
export function checkout(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const root = folderWith(files);
  mkdirSync(path.join(root, 'data/results'), { recursive: true });
  for (const name of ['models', 'papers', 'sources', 'datasets', 'methods', 'tasks', 'claims', 'suspects'])
    symlinkSync(path.join(DATA, `${name}.json`), path.join(root, `data/${name}.json`));
  symlinkSync(path.join(DATA, 'labels'), path.join(root, 'data/labels'));
  return root;
}
