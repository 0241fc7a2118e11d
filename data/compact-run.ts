/** Turns the cells of a run into the form in which runs are published, and back. */
import {
  type AnyRunFile,
  anyRunFileSchema,
  COMPACT_COLUMNS,
  type CompactCell,
  type CompactRun,
  type SharedRecipe,
  type SharedTask,
} from './compact-run-schema.ts';
import type { Cell, FinishedCell, Metric, RunFile } from './schema.ts';

/** Of standard errors, intervals and p-values; a value keeps all of its digits. */
const DIGITS = 6;

/** Cells are put together by recipe, in the order in which recipes come first; nothing else is lost but digits, see `DIGITS`. */
export function compactRun({ run, cells }: RunFile): CompactRun {
  const tasks = sharedTasks(cells);
  const byRecipe = Map.groupBy(cells, ({ model, recipe }) => JSON.stringify([model, recipe]));
  const recipes = [...byRecipe.values()].flatMap((group) => sharedRecipes(group, tasks));
  return { schema: 2, run, tasks, columns: COMPACT_COLUMNS, recipes };
}

/** The run cell by cell. `file` must fit its schema. */
export function expandRun(file: AnyRunFile): RunFile {
  if (file.schema === 1) return file;
  const cells = file.recipes.flatMap((recipe) =>
    recipe.cells.map((cell) => expandCell(cell, recipe, file.tasks[cell[0]])),
  );
  return { schema: 1, run: file.run, cells };
}

/** Where the cell at `index` of the expanded run stands in the file. */
export function pathOfCell(file: AnyRunFile, index: number): readonly (string | number)[] {
  if (file.schema === 1) return ['cells', index];
  let before = 0;
  for (const [place, { cells }] of file.recipes.entries()) {
    if (index < before + cells.length) return ['recipes', place, 'cells', index - before];
    before += cells.length;
  }
  return ['recipes'];
}

/** The run that a text holds, in either form. @throws a syntax error, or a `ZodError` where it is not a run file */
export function parseRun(text: string): RunFile {
  return expandRun(anyRunFileSchema.parse(JSON.parse(text)));
}

/** One line a cell, so that a change of one cell is a change of one line. */
export function formatCompactRun({ schema, run, tasks, columns, recipes }: CompactRun): string {
  const lines = (values: readonly unknown[]) => values.map((value) => JSON.stringify(value)).join(',\n');
  const blocks = recipes.map(({ cells, ...rest }) => {
    return `${JSON.stringify(rest).slice(0, -1)},"cells":[\n${lines(cells)}\n]}`;
  });
  const parts = {
    schema: String(schema),
    run: JSON.stringify(run, null, 1),
    tasks: `[\n${lines(tasks)}\n]`,
    columns: JSON.stringify(columns),
    recipes: `[\n${blocks.join(',\n')}\n]`,
  };
  return `{\n${Object.entries(parts)
    .map(([name, text]) => `"${name}": ${text}`)
    .join(',\n')}\n}\n`;
}

function sharedTasks(cells: readonly Cell[]): SharedTask[] {
  const tasks = new Map<string, SharedTask>();
  for (const cell of cells) if ('metrics' in cell) tasks.set(JSON.stringify(taskOf(cell)), taskOf(cell));
  for (const cell of cells)
    if ('error' in cell && ![...tasks.values()].some((task) => isOf(task, cell)))
      tasks.set(JSON.stringify(taskOf(cell)), taskOf(cell));
  return [...tasks.values()];
}

function taskOf(cell: Cell): SharedTask {
  const { task, task_version, settings } = cell;
  const metrics = 'metrics' in cell ? cell.metrics : [];
  return {
    task,
    task_version,
    settings,
    metrics: metrics.map(({ metric, unit, n }) => ({ metric, unit, n })),
  };
}

function isOf(task: SharedTask, cell: Cell): boolean {
  const wanted = 'error' in cell ? { ...taskOf(cell), metrics: task.metrics } : taskOf(cell);
  return JSON.stringify(wanted) === JSON.stringify(task);
}

/** Cells of one recipe of one model; failed ones go with the first of the finished. */
function sharedRecipes(cells: readonly Cell[], tasks: readonly SharedTask[]): SharedRecipe[] {
  const { model, recipe } = cells[0];
  const first = cells.find((cell) => 'metrics' in cell);
  const none = { bits_per_weight: null, size_bytes: null, items: null, notes: [] };
  const sharedOf = (cell: Cell) => {
    const finished = 'metrics' in cell ? cell : first;
    return { model, recipe, ...(finished === undefined ? none : sizeOf(finished)) };
  };
  const groups = Map.groupBy(cells, (cell) => JSON.stringify(sharedOf(cell)));
  return [...groups.values()].map((group) => ({
    ...sharedOf(group[0]),
    cells: group.map((cell) => compactCell(cell, tasks)),
  }));
}

function sizeOf({ bits_per_weight, size_bytes, items, notes }: FinishedCell) {
  return { bits_per_weight, size_bytes, items, notes };
}

function compactCell(cell: Cell, tasks: readonly SharedTask[]): CompactCell {
  return [
    tasks.findIndex((task) => isOf(task, cell)),
    Buffer.from(cell.cell_key, 'hex').toString('base64url'),
    cell.wall_ms,
    cell.peak_memory_bytes,
    'error' in cell ? cell.error : cell.metrics.map(compactMetric),
  ];
}

type MetricTuple = Extract<CompactCell[4], readonly unknown[]>[number];

function compactMetric({ value, std_error, paired }: Metric): MetricTuple {
  const error = rounded(std_error);
  if (paired === null) return [value, error];
  const { kept_low, kept_high, lost, gained, mcnemar_p } = paired;
  return [value, error, rounded(kept_low), rounded(kept_high), lost, gained, rounded(mcnemar_p)];
}

const rounded = (value: number | null) => (value === null ? null : Number(value.toPrecision(DIGITS)));

function expandCell(compact: CompactCell, shared: SharedRecipe, { metrics, ...task }: SharedTask): Cell {
  const [, key, wall_ms, peak_memory_bytes, result] = compact;
  const { model, recipe, bits_per_weight, size_bytes, items, notes } = shared;
  const cell_key = Buffer.from(key, 'base64url').toString('hex');
  const base = { cell_key, model, recipe, ...task, wall_ms, peak_memory_bytes };
  if (!Array.isArray(result)) return { ...base, error: result };
  return {
    ...base,
    bits_per_weight: bits_per_weight!,
    size_bytes: size_bytes!,
    metrics: result.map((values, index) => expandMetric(metrics[index], values)),
    items,
    notes,
  };
}

function expandMetric({ metric, unit, n }: SharedTask['metrics'][number], values: MetricTuple): Metric {
  const [value, std_error] = values;
  if (values.length === 2) return { metric, unit, value, std_error, n, paired: null };
  const [, , kept_low, kept_high, lost, gained, mcnemar_p] = values;
  return { metric, unit, value, std_error, n, paired: { kept_low, kept_high, lost, gained, mcnemar_p } };
}
