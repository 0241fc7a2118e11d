/** The first screen's subject: one model, one ability (or all), one origin (or all), and what is known of it. */
import { charts } from '../charts/index.ts';
import { models } from './catalogue.ts';
import { type CurveRow, type RecipeByAbilityRow, rows, rowsOf } from './db.ts';
import { type DrawnChart, drawChart } from './draw-chart.ts';

export interface Focus {
  readonly model: string;
  /** An ability, or `all`. */
  readonly ability: string;
  /** `reported`, `measured`, `submitted`, or `all`. */
  readonly origin: string;
}

export interface Lens {
  readonly focus: Focus;
  readonly model_name: string;
  readonly curve: readonly CurveRow[];
  /** The most kept at each nominal size by the source that tested the most sizes, sizes falling. */
  readonly best: readonly RecipeByAbilityRow[];
  /** Other sources that tested some. */
  readonly n_others: number;
}

/** Every focus that can be asked for. Origins are told apart only for models that have several. */
export async function focuses(): Promise<readonly Focus[]> {
  const found: Focus[] = [];
  for (const [model, points] of Map.groupBy(await rows('curve'), ({ model_id }) => model_id)) {
    const origins = distinct(points.map(({ origin }) => origin));
    for (const ability of distinct(points.map((point) => point.ability))) {
      for (const origin of ['all', ...(origins.length > 1 ? origins : [])])
        found.push({ model, ability, origin });
    }
  }
  return found;
}

/** Which abilities and origins each model has, and which origins there are at all. */
export async function offers(): Promise<
  ReadonlyMap<string, { abilities: readonly string[]; origins: readonly string[] }>
> {
  const models = Map.groupBy(await rows('curve'), ({ model_id }) => model_id);
  return new Map(
    [...models].map(([model, points]) => [
      model,
      {
        abilities: distinct(points.map(({ ability }) => ability)),
        origins: distinct(points.map(({ origin }) => origin)),
      },
    ]),
  );
}

function distinct(values: readonly string[]): readonly string[] {
  return [...new Set(values)].sort();
}

export async function lensOf(focus: Focus): Promise<Lens> {
  const isMine = (row: CurveRow | RecipeByAbilityRow) =>
    row.ability === focus.ability && (focus.origin === 'all' || row.origin === focus.origin);
  const mine = (await rowsOf('recipe_by_ability', 'model_id', focus.model)).filter(isMine);
  const sources = bySource(mine);
  const best = (sources[0] ?? [])
    .filter((row) => row.is_best_of_source)
    .sort((a, b) => b.nominal_bits! - a.nominal_bits!);
  const curve = (await rowsOf('curve', 'model_id', focus.model)).filter(isMine);
  const model = (await models()).find(({ id }) => id === focus.model);
  return {
    focus,
    model_name: model?.name ?? focus.model,
    curve,
    best,
    n_others: Math.max(0, sources.length - 1),
  };
}

/** Rows of each source that ranks any: first the one with the most sizes tested on several tasks, then sizes, then recipes. */
function bySource(rows: readonly RecipeByAbilityRow[]): readonly (readonly RecipeByAbilityRow[])[] {
  const names = Map.groupBy(rows, ({ origin, source_id }) => `${origin} ${source_id}`);
  return [...names]
    .map(([name, own]) => {
      const winners = own.filter(({ is_best_of_source }) => is_best_of_source);
      return { name, own, sizes: winners.length, firm: winners.filter(({ n_tasks }) => n_tasks > 1).length };
    })
    .filter(({ sizes }) => sizes > 0)
    .sort(
      (a, b) =>
        b.firm - a.firm || b.sizes - a.sizes || b.own.length - a.own.length || (a.name < b.name ? -1 : 1),
    )
    .map(({ own }) => own);
}

const drawn = new Map<string, Promise<DrawnChart>>();

/** The curve as a drawing, made once for all pages that show it; null where there is none. */
export function lensChart({ focus, curve }: Lens): Promise<DrawnChart> | null {
  if (curve.length === 0) return null;
  const key = `${focus.model} ${focus.ability} ${focus.origin}`;
  const chart = drawn.get(key) ?? drawChart(charts['kept-by-bits'], curve, 'lens');
  drawn.set(key, chart);
  return chart;
}

/** What the first screen shows before anyone chooses: the model that the chart itself would pick. */
export async function defaultFocus(): Promise<Focus> {
  const [first] = charts['kept-by-bits'].select(await rows('curve'));
  return { model: first?.model_id ?? '', ability: 'all', origin: 'all' };
}
