/** Reads run files: `results/<who>/<run>.json` and `local/<run>/run.json`. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expandRun, pathOfCell } from '../compact-run.ts';
import { type AnyRunFile, anyRunFileSchema } from '../compact-run-schema.ts';
import { recipeColumns } from '../recipe-columns.ts';
import { cellRow, metricRows, runRow } from '../run-rows.ts';
import type { RunFile } from '../schema.ts';
import type { Catalogues } from './catalogues.ts';
import type { Row } from './insert.ts';
import { lineOfPath } from './json-lines.ts';
import { type Problems, show } from './problems.ts';
import { formatPath, readJson } from './read-json.ts';

export interface RunTables {
  readonly runs: Row[];
  readonly cells: Row[];
  readonly metrics: Row[];
}

/** Run files below the data folder, relative to it, sorted. */
export function runFiles(root: string): { file: string; owner: string }[] {
  const results = filesUnder(root, 'results').filter((file) => /(?<!\.claim)\.json$/.test(file));
  const local = filesUnder(root, 'local').filter((file) => file.endsWith('/run.json'));
  return [
    ...results.map((file) => ({ file, owner: file.split('/')[1] })),
    ...local.map((file) => ({ file, owner: 'local' })),
  ];
}

/** Every file below a folder of the data folder, relative to the data folder, sorted. */
export function filesUnder(root: string, folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(root.length + 1)
        .replaceAll('\\', '/'),
    )
    .sort();
}

/** Rows of the tables `file_run`, `file_cell` and `file_metric`. */
export function readRuns(root: string, catalogues: Catalogues, problems: Problems): RunTables {
  const chosen = new Map<string, Candidate>();
  for (const { file, owner } of runFiles(root)) {
    const read = readJson(root, file, anyRunFileSchema, problems);
    if (read === null) continue;
    const add: Add = (path, found, fix) =>
      problems.add({ file, line: lineOfPath(read.text, path), field: formatPath(path), found, fix });
    const content = expandRun(read.value);
    checkCells(content, read.value, catalogues, add);
    const { run_id } = content.run;
    const twin = chosen.get(run_id);
    if (twin !== undefined && owner !== 'local')
      add(['run', 'run_id'], show(run_id), `${twin.file} has it already; ids must differ.`);
    // A local run is published by copying its file, and may have gone on since: the copy with more cells counts.
    if (twin === undefined || content.cells.length > twin.content.cells.length)
      chosen.set(run_id, { file, owner, content });
  }
  const tables: RunTables = { runs: [], cells: [], metrics: [] };
  if (problems.count > 0) return tables;
  for (const { file, owner, content } of chosen.values()) {
    tables.runs.push(runRow(content.run, owner, file));
    for (const cell of content.cells) {
      tables.cells.push(cellRow(content.run, cell));
      tables.metrics.push(...metricRows(content.run, cell));
    }
  }
  return tables;
}

interface Candidate {
  readonly file: string;
  readonly owner: string;
  readonly content: RunFile;
}

type Add = (path: (string | number)[], found: string, fix: string) => void;

function checkCells({ run, cells }: RunFile, file: AnyRunFile, catalogues: Catalogues, add: Add): void {
  const models = new Set(run.models.map(({ id }) => id));
  const keys = new Set<string>();
  for (const [index, cell] of cells.entries()) {
    const at = (field: string) => [...pathOfCell(file, index), field];
    if (keys.has(cell.cell_key)) add(at('cell_key'), show(cell.cell_key), 'The cell stands twice; keep one.');
    keys.add(cell.cell_key);
    if (!models.has(cell.model)) add(at('model'), show(cell.model), 'Describe the model in run.models.');
    if (!catalogues.tasks.has(cell.task)) add(at('task'), show(cell.task), 'Add the task to tasks.json.');
    checkRecipe(cell.recipe, catalogues, (found, fix) => add(at('recipe'), found, fix));
    if ('metrics' in cell)
      checkMetrics(cell.metrics, (field, found, fix) => add([...at('metrics'), ...field], found, fix));
  }
}

function checkRecipe(id: string, catalogues: Catalogues, add: (found: string, fix: string) => void): void {
  try {
    const { method_id } = recipeColumns(id);
    if (!catalogues.methods.has(method_id)) add(show(id), `Add the method "${method_id}" to methods.json.`);
  } catch (error) {
    add(show(id), (error as Error).message);
  }
}

type Metrics = Extract<RunFile['cells'][number], { metrics: unknown }>['metrics'];

function checkMetrics(
  metrics: Metrics,
  add: (path: (string | number)[], found: string, fix: string) => void,
): void {
  const names = new Set<string>();
  for (const [index, { metric, unit, value }] of metrics.entries()) {
    if (names.has(metric)) add([index, 'metric'], show(metric), 'The metric stands twice; keep one.');
    names.add(metric);
    if (unit === 'fraction' && (value < 0 || value > 1))
      add([index, 'value'], String(value), 'A fraction lies between 0 and 1.');
    if (unit === 'perplexity' && value < 1)
      add([index, 'value'], String(value), 'A perplexity is at least 1.');
  }
}
