/** What a comparison says in words: names of its sides, what differs in their settings, and who keeps more. */
import type { Comparison, Contender, Difference, TaskRow } from './compare.ts';
import type { CompareRecipe } from './compare-types.ts';
import { plural, signed } from './format.ts';

/** How a side is called: by letter, and by what tells it from the others. */
export interface Named {
  readonly letter: string;
  readonly title: string;
}

export function namesOf(contenders: readonly Contender[]): readonly Named[] {
  const models = new Set(contenders.map(({ model }) => model.id));
  const sources = new Set(contenders.map(({ recipe }) => recipe.source));
  return contenders.map(({ model, recipe }, place) => ({
    letter: letterOf(place),
    title: [
      recipeTitle(recipe),
      ...(models.size > 1 ? [`on ${model.name}`] : []),
      ...(sources.size > 1 ? [`by ${recipe.source_title}`] : []),
    ].join(' '),
  }));
}

export function letterOf(place: number): string {
  return String.fromCharCode(65 + place);
}

/** `GPTQ W4 g128`, or the name of the uncompressed model alone. */
export function recipeTitle({ method_title, is_baseline, chips }: CompareRecipe): string {
  return [method_title, ...(is_baseline ? [] : chips)].join(' ');
}

export interface Setting {
  readonly name: string;
  /** One a side; null where it does not apply. */
  readonly values: readonly (string | null)[];
}

/** Settings in which the sides differ, and those that they share. */
export function settingsOf(contenders: readonly Contender[]): { differ: Setting[]; same: Setting[] } {
  const columns = contenders.map(({ model, recipe }) => ({
    Model: model.name,
    Family: model.family,
    Parameters: model.params_b === null ? null : `${Number(model.params_b.toPrecision(3))} B`,
    Method: recipe.method_title,
    ...recipe.settings,
    Source: `${recipe.source_title} (${recipe.origin})`,
  })) as Record<string, string | null>[];
  const names = [...new Set(columns.flatMap((column) => Object.keys(column)))];
  const all = names.map((name) => ({ name, values: columns.map((column) => column[name] ?? null) }));
  const isSame = ({ values }: Setting) => new Set(values).size === 1;
  return { differ: all.filter((one) => !isSame(one)), same: all.filter(isSame) };
}

/** A difference with its interval, which may be unknown. */
type Ends = Pick<Difference, 'value' | 'low' | 'high'>;

/** The difference in points of 100, with its interval: `−1.8 (−2.5 to −1.1)`. */
export function differenceText({ value, low, high }: Ends): string {
  const points = signed(100 * value, 1);
  return low === null || high === null
    ? points
    : `${points} (${signed(100 * low, 1)} to ${signed(100 * high, 1)})`;
}

/** Right answers in a hundred above guessing; with fewer, one of them is more than eight points of kept. */
const LITTLE = 12;

/**
 * Why an interval is wide: where the 16-bit model is hardly better than guessing, there is little to lose, and few answers
 * are many points of kept. Empty where there is enough, and for what is no share of right answers.
 */
export function littleToLose({ task, cells }: Pick<TaskRow, 'task' | 'cells'>): string {
  const baselines = cells.flatMap((cell) => (cell === null ? [] : [cell.baseline]));
  if (task.unit !== 'fraction' || baselines.length === 0) return '';
  const above = 100 * (Math.min(...baselines) - (task.chance ?? 0));
  if (above <= 0 || above >= LITTLE) return '';
  return `16 bit is only ${above.toFixed(1)} points above guessing: one right answer in a hundred is ${(100 / above).toFixed(0)} points of kept`;
}

/** Whether the interval leaves out zero; null where there is none. */
export function isSure({ low, high }: Pick<Ends, 'low' | 'high'>): boolean | null {
  return low === null || high === null ? null : low > 0 || high < 0;
}

/** One sentence a side: does it keep more than the first, and is that more than chance? */
export function verdicts({ contenders, overall }: Comparison): readonly string[] {
  const names = namesOf(contenders);
  if (overall === null) return [noneShared(contenders.length)];
  const over = `over ${plural(overall.n_tasks, 'task')} in ${plural(overall.n_abilities, 'ability')}`;
  return overall.differences.flatMap((difference, place) =>
    difference === null ? [] : [verdict(names[place]!, names[0]!, difference, over)],
  );
}

function noneShared(sides: number): string {
  return sides < 2
    ? 'Choose a second recipe to compare with.'
    : 'No task is known for all of these, so there is no mean to compare; single tasks are below.';
}

function verdict(side: Named, first: Named, difference: Difference, over: string): string {
  const points = Math.abs(100 * difference.value).toFixed(1);
  const more = difference.value > 0 ? 'more' : 'less';
  const what = points === '0.0' ? 'as much as' : `${points} points ${more} than`;
  const sure = isSure(difference);
  const interval =
    difference.low === null || difference.high === null
      ? 'no interval is known for every task, so chance cannot be ruled out'
      : `95 % interval ${signed(100 * difference.low, 1)} to ${signed(100 * difference.high, 1)}, ${sure ? 'so more than chance' : 'which includes no difference'}`;
  return `${side.letter} (${side.title}) keeps ${what} ${first.letter} (${first.title}) ${over}: ${interval}.`;
}
