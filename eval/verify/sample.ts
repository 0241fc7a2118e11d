/** Chooses random items of a published run. The same seed chooses the same items on every machine. Pure. */
import type { FinishedCell, RunFile } from '../../data/schema.ts';
import { contentHash } from '../content-hash.ts';
import { createRng, type Rng } from '../math/rng.ts';

/** Some items of a run: the same rows of a task for each of the recipes, as a run asks every recipe the same. */
export interface RunSample {
  /** With the tasks of each that were measured and have rows here. */
  readonly cells: readonly FinishedCell[];
  /** Rows of the published outcomes by task, rising; at least one of one task. */
  readonly rows: ReadonlyMap<string, readonly number[]>;
  readonly items: number;
  /** Cells that could not be chosen, by the reason. */
  readonly left: ReadonlyMap<string, number>;
}

/**
 * Two stages, because a recipe costs a compression whether one of its items is measured or all are: about √fraction of
 * the recipes, and of each task so many items that together they are the fraction of all items that can be chosen.
 * @param whyNot  reason why a cell cannot be measured again, null where it can
 * @returns null where nothing can be chosen
 */
export function sampleRun(
  { run, cells }: RunFile,
  fraction: number,
  seed: number,
  whyNot: (cell: FinishedCell) => string | null,
): RunSample | { readonly left: ReadonlyMap<string, number> } {
  const left = new Map<string, number>();
  const eligible = cells.filter((cell): cell is FinishedCell => {
    if (!('metrics' in cell)) return false;
    const why = whyNot(cell);
    if (why !== null) left.set(why, (left.get(why) ?? 0) + 1);
    return why === null;
  });
  if (eligible.length === 0) return { left };
  const rng = createRng(Number.parseInt(contentHash({ seed, run: run.run_id }).slice(0, 12), 16));
  const recipes = [...new Set(eligible.map(({ recipe }) => recipe))];
  const chosen = rng
    .shuffle([...recipes])
    .slice(0, Math.max(1, Math.round(Math.sqrt(fraction) * recipes.length)));
  const share = Math.min(1, (fraction * recipes.length) / chosen.length);
  const ofChosen = eligible.filter(({ recipe }) => chosen.includes(recipe));
  const rows = chooseRows(ofChosen, share, rng);
  const measured = ofChosen.filter(({ task }) => rows.has(task));
  const items = measured.reduce((sum, { task }) => sum + rows.get(task)!.length, 0);
  return { cells: measured, rows, items, left };
}

function chooseRows(cells: readonly FinishedCell[], share: number, rng: Rng): Map<string, readonly number[]> {
  const sizes = new Map(cells.map(({ task, metrics }) => [task, metrics[0]!.n]));
  const rows = new Map<string, readonly number[]>();
  for (const [task, n] of sizes) {
    // Rounded up or down at random, so that small tasks have their share too.
    const count = Math.min(n, Math.floor(share * n + rng.next()));
    if (count > 0) rows.set(task, choose(n, count, rng));
  }
  if (rows.size > 0) return rows;
  const [[task, n]] = sizes as unknown as [[string, number]];
  return rows.set(task, [rng.int(n)]);
}

function choose(n: number, count: number, rng: Rng): readonly number[] {
  const all = Array.from({ length: n }, (_, row) => row);
  return rng
    .shuffle(all)
    .slice(0, count)
    .sort((a, b) => a - b);
}
