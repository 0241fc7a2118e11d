/** One published cell against its repetition: items, scores, and whether the noise of the engines explains what differs. */
import type { Cell, FinishedCell, Metric as MetricRow } from '../../data/schema.ts';
import type { ItemTable } from '../items.ts';
import { columnsOf, type Metric } from '../metrics/metric.ts';
import type { Task } from '../tasks/task.ts';
import { compareItems, type ItemComparison, isMeasured } from './compare-items.ts';
import { allowedItems, type NoiseFloor } from './noise-floor.ts';

export interface Score {
  readonly metric: string;
  readonly there: number;
  readonly here: number;
  /** Distance in published standard errors; null where there is none. */
  readonly stdErrors: number | null;
}

export interface CellComparison {
  readonly recipe: string;
  readonly task: string;
  readonly floor: NoiseFloor | null;
  readonly items: ItemComparison;
  readonly scores: readonly Score[];
  /** Full sentences about what is beyond the floor; none where the cell agrees. */
  readonly faults: readonly string[];
}

export interface Measured {
  /** Null where only some items were measured again: their scores are others. */
  readonly metrics: readonly MetricRow[] | null;
  readonly items: ItemTable;
}

export interface CellPair {
  readonly task: Task;
  /** Everything that the task and its divergence tell. */
  readonly metrics: readonly Metric[];
  readonly published: FinishedCell;
  /** Null where none were published. */
  readonly outcomes: ItemTable | null;
  readonly again: Measured;
  /** Rows of `outcomes` that were measured again; null: all. */
  readonly chosen: readonly number[] | null;
  readonly floor: NoiseFloor | null;
}

export function compareCell(pair: CellPair): CellComparison {
  const { task, published, outcomes, again, chosen, floor } = pair;
  const items = outcomes === null ? NO_ITEMS : compareItems(task, outcomes, again.items, chosen, floor);
  const scores = again.metrics === null ? [] : scoresOf(published.metrics, again.metrics);
  return {
    recipe: published.recipe,
    task: published.task,
    floor,
    items,
    scores,
    faults: [...itemFaults(items, floor), ...scoreFaults(pair, scores, items)],
  };
}

/** A cell of which nothing can be compared, with the reason as a sentence. */
export function incomparableCell({ recipe, task }: Cell, why: string): CellComparison {
  return { recipe, task, floor: null, items: NO_ITEMS, scores: [], faults: [why] };
}

/** A cell that failed there and here. */
export function failedCell({ recipe, task }: Cell): CellComparison {
  return { recipe, task, floor: null, items: NO_ITEMS, scores: [], faults: [] };
}

const NO_ITEMS: ItemComparison = {
  items: 0,
  different: [],
  numbers: 0,
  numbersEqual: 0,
  largestNumber: null,
  problem: null,
};

function scoresOf(there: readonly MetricRow[], here: readonly MetricRow[]): Score[] {
  return there.flatMap(({ metric, value, std_error }) => {
    const again = here.find((one) => one.metric === metric)?.value;
    if (again === undefined) return [{ metric, there: value, here: Number.NaN, stdErrors: null }];
    const stdErrors = std_error === null || std_error === 0 ? null : Math.abs(again - value) / std_error;
    return [{ metric, there: value, here: again, stdErrors }];
  });
}

function itemFaults(
  { items, different, numbers, numbersEqual, problem }: ItemComparison,
  floor: NoiseFloor | null,
): string[] {
  if (problem !== null) return [`${problem}.`];
  if (floor === null)
    return ['How far honest measurements lie apart is not known for this recipe on these engines.'];
  const allowed = allowedItems(items, floor.items);
  const faults = [];
  if (different.length > allowed)
    faults.push(
      `${different.length} of ${items} items differ (${someOf(different)}); noise explains ${allowed}.`,
    );
  if (floor.nats === 0 && numbersEqual < numbers)
    faults.push(
      `${numbers - numbersEqual} of ${numbers} numbers of items are not those that were published.`,
    );
  return faults;
}

/** Numbers of items, from 0. */
function someOf(items: readonly number[]): string {
  const shown = items.slice(0, 5).join(', ');
  return items.length > 5 ? `${shown}, …` : shown;
}

/** Standard errors that a score may move with the items that noise explains: some weigh more than others. */
const WITH_ITEMS = 0.5;

/**
 * A score of outcomes moves only with them, by one item's share for each; one that is made of log-likelihoods moves with
 * their rounding.
 */
function scoreFaults(
  { metrics, task, outcomes, again, floor }: CellPair,
  scores: readonly Score[],
  items: ItemComparison,
) {
  if (floor === null) return [];
  return scores.flatMap(({ metric, there, here, stdErrors }) => {
    if (Number.isNaN(here)) return [`${metric} was not measured here.`];
    if (here === there) return [];
    const known = metrics.find(({ id }) => id === metric);
    const numbers = again.items.columns.filter((column) => isMeasured(task, column)).map(({ name }) => name);
    const isOfNumbers =
      known === undefined || outcomes === null || columnsOf(known).some((name) => numbers.includes(name));
    const moved = items.different.length > 0 ? WITH_ITEMS : 0;
    const limit = Math.max(isOfNumbers ? floor.stdErrors : 0, moved);
    const share = isOfNumbers ? 0 : items.different.length / items.items;
    const isNear = Math.abs(here - there) <= share + 1e-12 || (stdErrors !== null && stdErrors <= limit);
    return isNear ? [] : [`${metric} is ${there} there and ${here} here${distanceText(stdErrors, limit)}.`];
  });
}

function distanceText(stdErrors: number | null, limit: number): string {
  return stdErrors === null
    ? ''
    : `, ${stdErrors.toPrecision(2)} standard errors apart; noise explains ${limit}`;
}
