/**
 * Which items each recipe of a model got right, from the Parquet files beside runs: a bit an item. A column of outcomes
 * counts only where it is the stated metric: the same number of items, and their mean the stated value.
 */
import { Buffer } from 'node:buffer';
import { sqlText } from '../../data/sql-text.ts';
import type { CompareItems, TaskItems } from './compare-types.ts';
import { type CompareValueRow, rows, select } from './db.ts';
import { once } from './once.ts';
import { runDownloads } from './run-files.ts';

/** Difference by which a stated value, printed with six digits, may miss the mean of its items. */
const LEAST_DIGIT = 1e-6;

interface Outcomes {
  readonly task: string;
  readonly name: string;
  /** null: every recipe of the run has these. */
  readonly recipe: string | null;
  /** A `1` or `0` for each item. */
  readonly flags: string;
}

interface Answers {
  readonly flags: string;
  /** The uncompressed model in the same run; null where it was not in it. */
  readonly base: string | null;
}

/** Parquet files by run, each inside the folder of its run. */
const filesByRun = once(async () => {
  const parquet = (await runDownloads()).filter(({ path }) => path.endsWith('.parquet'));
  return Map.groupBy(parquet, ({ path }) => path.slice(0, path.indexOf('/')));
});

const measured = once(async () =>
  Map.groupBy(
    (await rows('compare_value')).filter(({ run_id, unit }) => run_id !== null && unit === 'fraction'),
    ({ model_id }) => model_id,
  ),
);

export async function hasItems(model: string): Promise<boolean> {
  const files = await filesByRun();
  return ((await measured()).get(model) ?? []).some(({ run_id }) => files.has(run_id!));
}

export async function compareItems(model: string): Promise<CompareItems> {
  const bySource = Map.groupBy((await measured()).get(model) ?? [], ({ source_id }) => source_id);
  const found: Record<string, Record<string, TaskItems>> = {};
  for (const [source, values] of bySource) found[source] = await itemsOf(values);
  return found;
}

async function itemsOf(values: readonly CompareValueRow[]): Promise<Record<string, TaskItems>> {
  const files = await filesByRun();
  const answers = new Map<string, Map<string, Answers>>();
  for (const [run, ofRun] of Map.groupBy(values, ({ run_id }) => run_id!)) {
    for (const { file } of files.get(run) ?? []) {
      for (const row of matching(await outcomes(file), ofRun)) {
        const task = answers.get(row.key) ?? new Map<string, Answers>();
        answers.set(row.key, task.set(row.recipe, row));
      }
    }
  }
  return Object.fromEntries(
    [...answers].flatMap(([key, byRecipe]) => {
      const items = taskItems(byRecipe);
      return items === null ? [] : [[key, items]];
    }),
  );
}

async function outcomes(file: string): Promise<readonly Outcomes[]> {
  const path = sqlText(file);
  const columns = await select<{ name: string }>(`SELECT name FROM parquet_schema(${path})`);
  const isPacked = ['task', 'name', 'recipe', 'flags'].every((one) =>
    columns.some(({ name }) => name === one),
  );
  if (!isPacked) return [];
  return select<Outcomes>(`
    SELECT task, name, recipe, array_to_string(flags::UTINYINT[], '') AS flags
    FROM read_parquet(${path}) WHERE flags IS NOT NULL`);
}

/** The outcomes behind values of a run, each under its task, metric and recipe. */
function matching(found: readonly Outcomes[], values: readonly CompareValueRow[]) {
  const byName = Map.groupBy(found, ({ task, name }) => `${task}|${name}`);
  return values.flatMap(({ task_id, metric, recipe_id, n, value }) => {
    const key = `${task_id}|${metric}`;
    const of = (id: string) => byName.get(key)?.find(({ recipe }) => recipe === id || recipe === null)?.flags;
    const flags = of(recipe_id);
    if (flags === undefined || flags.length !== n) return [];
    const right = flags.length - flags.replaceAll('1', '').length;
    if (Math.abs(right / n - value) > LEAST_DIGIT) return [];
    return [{ key, recipe: recipe_id, flags, base: of('fp16') ?? null }];
  });
}

/** Answers of several runs stand beside one another only where the uncompressed model answered alike: same items, same order. */
function taskItems(byRecipe: ReadonlyMap<string, Answers>): TaskItems | null {
  const base = byRecipe.get('fp16')?.flags;
  if (base === undefined) return null;
  const flipped: Record<string, string> = {};
  for (const [recipe, own] of byRecipe) {
    if (recipe !== 'fp16' && own.base === base) flipped[recipe] = bitsOf(own.flags, base);
  }
  return { n: base.length, base: bitsOf(base, null), flipped };
}

/** One bit an item, set where `flags` differs from `other` (or from all wrong). */
function bitsOf(flags: string, other: string | null): string {
  const bytes = new Uint8Array(Math.ceil(flags.length / 8));
  for (let item = 0; item < flags.length; item++) {
    if (flags[item] !== (other === null ? '0' : other[item])) bytes[item >> 3]! |= 1 << (item & 7);
  }
  return Buffer.from(bytes).toString('base64');
}
