/** The run files below `data/results`, and what a person means by the name of one of them or of a row. */
import { createHash } from 'node:crypto';
import { globSync } from 'node:fs';
import path from 'node:path';
import type { Cell, RunFile } from '../../data/schema.ts';
import { verifyErrors } from '../errors/verify.ts';
import { isFile, readRunFile } from '../store/run-file.ts';

export interface NamedRun {
  /** Absolute. */
  readonly file: string;
  readonly content: RunFile;
  /** Folder below `results/`; null for a run that is not published. */
  readonly owner: string | null;
}

/** A run, or one value of it. */
export interface Subject extends NamedRun {
  readonly rowId: string | null;
  /** What has to be measured again: all cells, or that of the row and its 16-bit one. */
  readonly cells: readonly Cell[];
}

const ROW_ID = /^[0-9a-f]{16}$/;
const BASELINE = 'fp16';

/** Paths of published run files, absolute, sorted. */
export function publishedFiles(dataFolder: string): readonly string[] {
  const files = globSync('results/*/*.json', { cwd: dataFolder });
  return files
    .filter((file) => !file.endsWith('.claim.json'))
    .sort()
    .map((file) => path.join(dataFolder, file));
}

/**
 * @param name  path of a run file, id of a published run, or id of a row of the board
 * @throws verify/unknown with near misses, store/run-file
 */
export async function findSubject(name: string, dataFolder: string, cwd: string): Promise<Subject> {
  const given = path.resolve(cwd, name);
  if (await isFile(given)) return whole(await readNamed(given, dataFolder));
  const files = publishedFiles(dataFolder);
  const named = files.find((file) => path.basename(file, '.json') === name);
  if (named !== undefined) return whole(await readNamed(named, dataFolder));
  if (ROW_ID.test(name))
    for (const file of files) {
      const run = await readNamed(file, dataFolder);
      const cell = run.content.cells.find((one) => rowIds(run.owner!, one).includes(name));
      if (cell !== undefined) return { ...run, rowId: name, cells: withBaseline(run.content, cell) };
    }
  throw verifyErrors.unknown(
    name,
    files.map((file) => path.basename(file, '.json')),
  );
}

export async function readNamed(file: string, dataFolder: string): Promise<NamedRun> {
  const content = await readRunFile(file);
  if (content === null) throw verifyErrors.unknown(file, []);
  const [results, owner, ...deeper] = path.relative(dataFolder, file).split(path.sep);
  const isPublished = results === 'results' && deeper.length === 1;
  return { file, content, owner: isPublished ? owner! : null };
}

/** Ids of the rows of a cell on the board, as `data/views/score.sql` makes them. */
export function rowIds(owner: string, cell: Cell): readonly string[] {
  const metrics = 'metrics' in cell ? cell.metrics.map(({ metric }) => metric) : [''];
  return metrics.map((metric) =>
    createHash('sha256').update(`${owner}|${cell.cell_key}|${metric}`).digest('hex').slice(0, 16),
  );
}

function whole(run: NamedRun): Subject {
  return { ...run, rowId: null, cells: run.content.cells };
}

function withBaseline({ cells }: RunFile, cell: Cell): readonly Cell[] {
  return cells.filter((one) => one === cell || (one.recipe === BASELINE && one.task === cell.task));
}
