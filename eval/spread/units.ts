/** Cuts a plan into pieces that worker processes measure side by side. */
import { narrowRun, type PlannedRun } from '../plan.ts';

/** Some recipes of one model. */
export interface Unit {
  /** The run that the unit is a part of. */
  readonly whole: PlannedRun;
  /** What a worker is asked for; its own run, with `fp16` always in it. */
  readonly run: PlannedRun;
  readonly recipes: readonly string[];
  /** Measures the 16-bit model that this unit compares with; null where nothing has to be waited for. */
  readonly after: Unit | null;
}

/** Pieces a worker gets on average: more balance better, fewer start fewer processes. */
const UNITS_OF_A_WORKER = 3;

/**
 * Whole models where there are enough of them for the workers; else the recipes of a model in groups of equal size, after
 * a unit that measures its 16-bit form, so that it is measured once. Recipes that calibrate in parallel share one pass over
 * the model in each unit, so they are in no more units than there are workers for the model. Those that others wait for
 * come first, then those that take longest, so that no worker is alone with a long one in the end.
 * @param isKnown  whether a cell of a run is stored already
 */
export function planUnits(
  runs: readonly PlannedRun[],
  workers: number,
  isKnown: (run: PlannedRun, key: string) => boolean,
): readonly Unit[] {
  const pending = runs.flatMap((run) => {
    const recipes = run.recipes.filter(({ cells }) => cells.some(({ key }) => !isKnown(run, key)));
    return recipes.length === 0 ? [] : [{ run, ids: recipes.map(({ id }) => id) }];
  });
  const groups = Math.ceil((workers * UNITS_OF_A_WORKER) / Math.max(1, pending.length));
  const passes = Math.ceil(workers / Math.max(1, pending.length));
  const units = pending.flatMap(({ run, ids }) =>
    groups === 1 || workers === 1 ? [unitOf(run, ids, null)] : unitsOf(run, ids, { groups, passes }),
  );
  const awaited = new Set(units.map(({ after }) => after));
  const rank = (unit: Unit) => (awaited.has(unit) ? Number.POSITIVE_INFINITY : costOf(unit));
  return units.toSorted((a, b) => (rank(a) === rank(b) ? costOf(b) - costOf(a) : rank(b) - rank(a)));
}

/** Grows with the time that a unit takes; compression that calibrates takes about as long as the tasks do. */
function costOf({ run, recipes }: Unit): number {
  const shares = run.recipes.map(({ id, calibration }) =>
    recipes.includes(id) ? (calibration === null ? 1 : 2) : 0,
  );
  return run.model.manifest.params * shares.reduce<number>((sum, share) => sum + share, 0);
}

function unitOf(run: PlannedRun, recipes: readonly string[], after: Unit | null): Unit {
  return { whole: run, run: narrowRun(run, recipes), recipes, after };
}

function unitsOf(
  run: PlannedRun,
  ids: readonly string[],
  { groups, passes }: { readonly groups: number; readonly passes: number },
): readonly Unit[] {
  const [baseline] = run.recipes;
  const sharing = new Set(
    run.recipes.filter(({ calibration }) => calibration?.mode === 'parallel').map(({ id }) => id),
  );
  const others = ids.filter((id) => id !== baseline!.id);
  const alone = others.filter((id) => !sharing.has(id));
  const shared = others.filter((id) => sharing.has(id));
  const pieces = [...cut(alone, groups), ...cut(shared, passes)];
  if (pieces.length <= 1) return [unitOf(run, ids, null)];
  const first = ids.includes(baseline!.id) ? unitOf(run, [baseline!.id], null) : null;
  const rest = pieces.map((piece) => unitOf(run, piece, first));
  return first === null ? rest : [first, ...rest];
}

/** At most so many pieces of equal size. */
function cut(ids: readonly string[], pieces: number): readonly (readonly string[])[] {
  const size = Math.ceil(ids.length / pieces);
  return Array.from({ length: size === 0 ? 0 : Math.ceil(ids.length / size) }, (_, i) =>
    ids.slice(i * size, (i + 1) * size),
  );
}
