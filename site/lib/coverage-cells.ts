/** What is covered and what is not, arranged for the page of coverage: counts only, no scores. */
import suiteList from '../../data/suites.json' with { type: 'json' };
import { type CoverageGapRow, type CoverageRow, rows, select } from './db.ts';
import { once } from './once.ts';
import { pipelineMethod } from './pipeline-methods.ts';

/** Each has its own shape on the page. */
export type State = 'measured' | 'both' | 'reported' | 'part' | 'failed' | 'missing' | 'excluded';

export const STATES: Readonly<Record<State, { readonly sign: string; readonly words: string }>> = {
  measured: { sign: '●', words: 'measured by this project' },
  both: { sign: '◉', words: 'measured and reported' },
  reported: { sign: '○', words: 'reported by others' },
  part: { sign: '◐', words: 'measured in part' },
  failed: { sign: '✕', words: 'failed' },
  missing: { sign: '·', words: 'missing' },
  excluded: { sign: '–', words: 'does not apply' },
};

export interface SuiteCell {
  readonly state: State;
  /** Tasks that are done, of all. */
  readonly done: number;
  /** Why the planner leaves it out. */
  readonly reason: string | null;
}

export interface SuiteMatrix {
  readonly id: string;
  readonly title: string;
  readonly models: readonly string[];
  readonly tasks: readonly string[];
  readonly recipes: readonly { readonly id: string; readonly cells: readonly SuiteCell[] }[];
  /** Cells of model, recipe and task. */
  readonly counts: Readonly<Record<'measured' | 'failed' | 'missing' | 'excluded', number>>;
  /** Recipes that each model lacks, with the command that measures them. */
  readonly commands: readonly { readonly model: string; readonly cells: number; readonly command: string }[];
}

interface Done {
  readonly model_id: string;
  readonly recipe_id: string;
  readonly done: readonly string[];
  readonly failed: readonly string[];
}

const doneCells = once(async () => {
  const found = await select<{ model_id: string; recipe_id: string; done: string; failed: string }>(`
    SELECT model_id, recipe_id, coalesce(string_agg(DISTINCT task_id, ',') FILTER (error_code IS NULL), '') AS done,
      coalesce(string_agg(DISTINCT task_id, ',') FILTER (error_code IS NOT NULL), '') AS failed
    FROM board WHERE origin = 'measured' GROUP BY model_id, recipe_id`);
  const list = (text: string) => (text === '' ? [] : text.split(','));
  return new Map(
    found.map((row): [string, Done] => [
      `${row.model_id} ${row.recipe_id}`,
      { ...row, done: list(row.done), failed: list(row.failed) },
    ]),
  );
});

/** The suites that data/suites.json describes, against what is stored. */
export async function suiteMatrices(): Promise<readonly SuiteMatrix[]> {
  const known = await doneCells();
  return suiteList.map((suite) => suiteMatrix(suite, known));
}

export type SuiteDescription = (typeof suiteList)[number];

export function suiteMatrix(suite: SuiteDescription, known: ReadonlyMap<string, Done>): SuiteMatrix {
  const { id, title, models, tasks } = suite;
  const cellOf = (model: string, recipe: string): SuiteCell => {
    const out = suite.exclusions.find(
      (one) => one.model === model && one.recipe === recipe && one.task === null,
    );
    const stored = known.get(`${model} ${recipe}`);
    const done = tasks.filter((task) => stored?.done.includes(task)).length;
    const failed = tasks.some((task) => stored?.failed.includes(task) && !stored.done.includes(task));
    return {
      state: stateOf(done, tasks.length, failed, out !== undefined),
      done,
      reason: out?.reason ?? null,
    };
  };
  const recipes = suite.recipes.map((recipe) => ({
    id: recipe,
    cells: models.map((model) => cellOf(model, recipe)),
  }));
  const lacking = models.map((model, place) => {
    const wanted = recipes.filter(({ cells }) => ['missing', 'part', 'failed'].includes(cells[place]!.state));
    const cells = wanted.reduce((sum, one) => sum + tasks.length - one.cells[place]!.done, 0);
    const names = wanted.map((one) => ` --recipe ${one.id}`).join('');
    return { model, cells, command: `pnpm eval --model ${model}${names}` };
  });
  const commands = lacking.filter(({ cells }) => cells > 0);
  return { id, title, models, tasks, recipes, counts: countsOf(recipes, tasks.length), commands };
}

function stateOf(done: number, all: number, failed: boolean, excluded: boolean): State {
  if (done === all) return 'measured';
  if (failed) return 'failed';
  if (done > 0) return 'part';
  return excluded ? 'excluded' : 'missing';
}

function countsOf(recipes: SuiteMatrix['recipes'], tasks: number): SuiteMatrix['counts'] {
  const counts = { measured: 0, failed: 0, missing: 0, excluded: 0 };
  for (const { state, done } of recipes.flatMap(({ cells }) => cells)) {
    counts.measured += done;
    if (state === 'excluded') counts.excluded += tasks;
    else counts[state === 'failed' ? 'failed' : 'missing'] += tasks - done;
  }
  return counts;
}

/** A page of models against methods: one kind of compression at one or more numbers of bits. */
export interface Group {
  readonly id: string;
  readonly title: string;
  readonly tensor: CoverageRow['tensor'];
  readonly bits: readonly number[];
  /** A recipe of the pipeline of this kind. */
  readonly example: string;
}

export const GROUPS: readonly Group[] = [
  ...[8, 4, 3, 2, 1].map((bits): Group => {
    const example = bits === 1 ? 'billm-w1.1g128' : `gptq-w${bits}g128`;
    return { id: `w${bits}`, title: `Weights at ${bits} bit`, tensor: 'W', bits: [bits], example };
  }),
  {
    ...{ id: 'w8a', title: 'Weights at 8 bit, activations too', tensor: 'WA', bits: [8] },
    example: 'smoothquant-w8a8',
  },
  {
    ...{ id: 'w6a', title: 'Weights at 6 or 5 bit, activations too', tensor: 'WA', bits: [6, 5] },
    example: 'rtn-w6a6',
  },
  { id: 'w4a', title: 'Weights at 4 bit, activations too', tensor: 'WA', bits: [4], example: 'quarot-w4a4' },
  { id: 'kv', title: 'Keys and values alone', tensor: 'KV', bits: [8, 4, 3, 2], example: 'rtn-kv4' },
];

export interface MethodColumn {
  readonly method: string;
  readonly title: string;
  readonly bits: number;
  readonly models: number;
}

export interface GroupMatrix extends Group {
  readonly columns: readonly MethodColumn[];
  readonly models: readonly {
    readonly id: string;
    readonly name: string;
    readonly cells: readonly (CoverageRow | null)[];
  }[];
  /** Models of the catalogue with nothing here. */
  readonly without: readonly { readonly id: string; readonly name: string }[];
  readonly filled: number;
  readonly measured: number;
  readonly failed: number;
}

/** Methods by how many models they have, models by how many methods. */
export async function groupMatrix(group: Group): Promise<GroupMatrix> {
  const all = await rows('coverage');
  const mine = all.filter((row) => row.tensor === group.tensor && group.bits.includes(row.nominal_bits));
  const columns = [...Map.groupBy(mine, (row) => `${row.method_id} ${row.nominal_bits}`).values()]
    .map((column) => {
      const { method_id: method, method_title, nominal_bits: bits } = column[0]!;
      return { method, title: method_title ?? method, bits, models: column.length };
    })
    .sort((a, b) => b.bits - a.bits || b.models - a.models || (a.method < b.method ? -1 : 1));
  const models = [...Map.groupBy(mine, ({ model_id }) => model_id).values()]
    .map((row) => ({
      ...{ id: row[0]!.model_id, name: row[0]!.model_name, n: row.length },
      cells: columns.map(
        ({ method, bits }) =>
          row.find((cell) => cell.method_id === method && cell.nominal_bits === bits) ?? null,
      ),
    }))
    .sort((a, b) => b.n - a.n || (a.name < b.name ? -1 : 1));
  const has = new Set(models.map(({ id }) => id));
  const others = new Map(
    all.filter(({ model_id }) => !has.has(model_id)).map((row) => [row.model_id, row.model_name]),
  );
  return {
    ...{ ...group, columns, models, filled: mine.length },
    without: [...others].map(([id, name]) => ({ id, name })),
    measured: mine.filter(({ measured }) => measured > 0).length,
    failed: mine.filter(({ failed }) => failed > 0).length,
  };
}

export function coverageState(cell: CoverageRow | null): State {
  if (cell === null) return 'missing';
  const { measured, reported, submitted, failed } = cell;
  if (measured + reported + submitted === 0) return failed > 0 ? 'failed' : 'missing';
  if (measured === 0) return 'reported';
  return reported + submitted > 0 ? 'both' : 'measured';
}

export interface Gap extends CoverageGapRow {
  readonly recipe_id: string;
  readonly command: string;
}

/** Gaps that the pipeline can fill, the most worth first. */
export async function gaps(bits?: number): Promise<readonly Gap[]> {
  return (await rows('coverage_gap')).flatMap((row): Gap[] => {
    const { recipe_id } = row;
    if (recipe_id === null || pipelineMethod(row.method_id) === null) return [];
    if (bits !== undefined && row.nominal_bits !== bits) return [];
    const model = `<${row.model_name}: folder or Hugging Face id>`;
    return [
      { ...row, recipe_id, command: `pnpm eval --model ${model} --recipe ${recipe_id} --data <folder>` },
    ];
  });
}
