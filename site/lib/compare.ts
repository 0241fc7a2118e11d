/**
 * The comparison itself: recipes side by side, task by task, each against the first, with the interval that the data
 * allows. The rules are those of the view `compare_value`; nothing here knows of pages or of React.
 */
import { type Flips, flipsOf } from './compare-flips.ts';
import type { CompareItems, CompareModel, CompareRecipe, CompareTask } from './compare-types.ts';
import { byText } from './text-order.ts';

export interface Contender {
  readonly model: CompareModel;
  readonly recipe: CompareRecipe;
  /** Items of the model, where they are loaded. */
  readonly items: CompareItems | null;
}

export interface Cell {
  readonly kept: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly value: number;
  readonly baseline: number;
}

/** Where an interval comes from; see the prose above the view `compare_value`. */
export type Basis = 'paired' | 'against 16 bit' | 'independent';

export interface Difference {
  /** Kept of this side − kept of the first. */
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly basis: Basis | null;
  readonly flips: Flips | null;
}

export interface TaskRow {
  readonly key: string;
  readonly task: CompareTask;
  /** One a side; null where the side has no value of this task. */
  readonly cells: readonly (Cell | null)[];
  /** One a side, the first among them always null. */
  readonly differences: readonly (Difference | null)[];
}

export interface MeanRow {
  /** An ability, or `all`. */
  readonly ability: string;
  readonly kept: readonly number[];
  readonly differences: readonly (Difference | null)[];
  readonly n_tasks: number;
  readonly n_abilities: number;
}

export interface Comparison {
  readonly contenders: readonly Contender[];
  /** Tasks that every side has, by ability. */
  readonly shared: readonly TaskRow[];
  /** Tasks that some sides lack. */
  readonly others: readonly TaskRow[];
  readonly abilities: readonly MeanRow[];
  /** null where no task is shared by all. */
  readonly overall: MeanRow | null;
}

export function compare(contenders: readonly Contender[]): Comparison {
  const tables = contenders.map(tableOf);
  const tasks = new Map(tables.flatMap((table) => [...table].map(([key, { task }]) => [key, task])));
  const all = [...tasks]
    .map(([key, task]) => rowOf(key, task, contenders, tables))
    .sort(
      (a, b) =>
        byText(a.task.ability, b.task.ability) || byText(a.task.title, b.task.title) || byText(a.key, b.key),
    );
  const shared = all.filter(({ cells }) => cells.every((cell) => cell !== null));
  const byAbility = Map.groupBy(shared, ({ task }) => task.ability);
  return {
    contenders,
    shared,
    others: all.filter((row) => !shared.includes(row)),
    abilities: [...byAbility].map(([ability, rows]) => meanOf(ability, rows, contenders.length)),
    overall: shared.length === 0 ? null : meanOf('all', shared, contenders.length),
  };
}

type Table = ReadonlyMap<string, { readonly task: CompareTask; readonly cell: Cell }>;

/** Values by task and protocol. Protocols are equal where their words are. */
function tableOf({ model, recipe }: Contender): Table {
  return new Map(
    recipe.values.map(([place, kept, low, high, value, baseline]) => {
      const task = model.tasks[place]!;
      return [
        `${task.id}|${task.metric}|${task.protocol}|${task.unit}`,
        { task, cell: { kept, low, high, value, baseline } },
      ];
    }),
  );
}

function rowOf(
  key: string,
  task: CompareTask,
  contenders: readonly Contender[],
  tables: readonly Table[],
): TaskRow {
  const cells = tables.map((table) => table.get(key)?.cell ?? null);
  const [first] = cells;
  const differences = cells.map((cell, place) =>
    place === 0 || cell === null || first == null
      ? null
      : differenceOf(task, { ...contenders[0]!, cell: first }, { ...contenders[place]!, cell }),
  );
  return { key, task, cells, differences };
}

/** What two stored values of kept, rounded to five digits, may be apart from what they were. */
const ROUNDING = 2e-5;

type Placed = Contender & { readonly cell: Cell };

function differenceOf(task: CompareTask, first: Placed, other: Placed): Difference {
  const value = other.cell.kept - first.cell.kept;
  const sameModel = first.model.id === other.model.id && first.recipe.source === other.recipe.source;
  const flips = sameModel ? flipsOf(task, first, other) : null;
  const scale = first.cell.baseline - (task.chance ?? 0);
  // Where one of the two is below chance and shown as nothing, the difference is not that of the answers.
  const isOfAnswers = Math.abs((other.cell.value - first.cell.value) / scale - value) < ROUNDING;
  if (flips !== null && scale > 0 && isOfAnswers) {
    const { center, half } = pairedInterval(flips);
    return { value, low: (center - half) / scale, high: (center + half) / scale, basis: 'paired', flips };
  }
  return { value, flips, ...unpairedInterval(value, first, other, sameModel) };
}

/** Right answers gained less those lost, of all items: Agresti and Min 2005, half an item more in every cell. */
export function pairedInterval({ lost, gained, n }: Flips): { center: number; half: number } {
  const items = n + 2;
  const net = gained - lost;
  const error = Math.sqrt(gained + lost + 1 - (net * net) / items) / items;
  return { center: net / items, half: 1.96 * error };
}

function unpairedInterval(value: number, first: Placed, other: Placed, sameModel: boolean) {
  const [a, b] = [ends(first), ends(other)];
  if (a === null || b === null) return { low: null, high: null, basis: null };
  const basis: Basis =
    sameModel && (first.recipe.is_baseline || other.recipe.is_baseline) ? 'against 16 bit' : 'independent';
  return { low: value - Math.hypot(a.above, b.below), high: value + Math.hypot(a.below, b.above), basis };
}

/** How far the interval of kept reaches; the 16-bit model keeps all of itself exactly. */
function ends({ cell, recipe }: Placed): { below: number; above: number } | null {
  if (recipe.is_baseline) return { below: 0, above: 0 };
  if (cell.low === null || cell.high === null) return null;
  return { below: cell.kept - cell.low, above: cell.high - cell.kept };
}

/** The mean over the protocols of a task, the tasks of an ability, the abilities. */
function meanOf(ability: string, rows: readonly TaskRow[], sides: number): MeanRow {
  const weights = weightsOf(rows);
  const places = Array.from({ length: sides }, (_, place) => place);
  return {
    ability,
    kept: places.map((place) => sum(rows, weights, (row) => row.cells[place]!.kept)),
    differences: places.map((place) => (place === 0 ? null : meanDifference(rows, weights, place))),
    n_tasks: new Set(rows.map(({ task }) => task.id)).size,
    n_abilities: new Set(rows.map(({ task }) => task.ability)).size,
  };
}

function weightsOf(rows: readonly TaskRow[]): readonly number[] {
  const abilities = Map.groupBy(rows, ({ task }) => task.ability);
  return rows.map(({ task }) => {
    const own = abilities.get(task.ability)!;
    const tasks = Map.groupBy(own, (row) => row.task.id);
    return 1 / (abilities.size * tasks.size * tasks.get(task.id)!.length);
  });
}

function meanDifference(rows: readonly TaskRow[], weights: readonly number[], place: number): Difference {
  const all = rows.map(({ differences }) => differences[place]!);
  const value = sum(all, weights, (one) => one.value);
  const flips = sumFlips(all);
  if (all.some(({ low }) => low === null)) return { value, low: null, high: null, basis: null, flips };
  const reach = (of: (one: Difference) => number) =>
    Math.hypot(...all.map((one, at) => weights[at]! * of(one)));
  const bases = new Set(all.map(({ basis }) => basis));
  return {
    value,
    low: value - reach(({ value: v, low }) => v - low!),
    high: value + reach(({ value: v, high }) => high! - v),
    basis: bases.size === 1 ? all[0]!.basis : 'independent',
    flips,
  };
}

/** Over the tasks that have them. */
function sumFlips(all: readonly Difference[]): Flips | null {
  const known = all.flatMap(({ flips }) => (flips === null ? [] : [flips]));
  if (known.length === 0) return null;
  return known.reduce((a, b) => ({ lost: a.lost + b.lost, gained: a.gained + b.gained, n: a.n + b.n }));
}

function sum<T>(list: readonly T[], weights: readonly number[], of: (one: T) => number): number {
  return list.reduce((total, one, place) => total + weights[place]! * of(one), 0);
}
