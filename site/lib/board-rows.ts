/** The rows of the two boards as cells show them, in the board's own order. Made at build time, and again in the browser. */
import { bitsChips } from './bits-chips.ts';
import { byId, methods, models } from './catalogue.ts';
import { type BoardRow, type RecipeRankRow, rows } from './db.ts';
import { UNKNOWN_MARK } from './marks.ts';
import { protocolText } from './protocol-text.ts';
import type { RecipeRow, ResultRow, RowBase } from './row-types.ts';
import { cellPages } from './run-record.ts';
import { byText } from './text-order.ts';

/** Rows of results on one static page. */
export const PAGE_SIZE = 250;

const TENSORS = ['W', 'WA', 'W+KV', 'KV', 'prune', 'none'];

type Named = { readonly id: string };
const places = (list: readonly Named[]) => new Map(list.map(({ id }, place) => [id, place]));

type Common = Pick<
  BoardRow,
  | 'origin'
  | 'source_id'
  | 'source_title'
  | 'trust'
  | 'model_id'
  | 'model_name'
  | 'family'
  | 'params_b'
  | 'method_id'
  | 'method_title'
  | 'recipe_id'
  | 'tensor'
  | 'w_bits'
  | 'a_bits'
  | 'kv_bits'
  | 'group_size'
  | 'sparsity'
  | 'sparsity_pattern'
  | 'bits_per_weight'
  | 'kept'
>;

let recipes: Promise<readonly RecipeRow[]> | null = null;
let results: Promise<readonly ResultRow[]> | null = null;

/** Recipes by ability: model by model (the most reported first), weights before the rest, bits falling, source by source, best first. */
export function recipeRows(): Promise<readonly RecipeRow[]> {
  recipes ??= makeRecipeRows();
  return recipes;
}

/** Every stored value, in the order of the recipes, 16-bit rows last within their model. */
export function resultRows(): Promise<readonly ResultRow[]> {
  results ??= makeResultRows();
  return results;
}

async function makeRecipeRows(): Promise<readonly RecipeRow[]> {
  const marks = byId(await methods());
  const order = places(await models());
  const pages = await firstPages();
  const ranks = new Map((await rows('recipe_rank')).map((row) => [rankKey(row), row]));
  const made = (await rows('recipe_by_ability')).map(
    (row): RecipeRow => ({
      ...common(row, row.nominal_bits ?? 0, marks),
      kind: 'recipe',
      ability: row.ability,
      low: row.kept_half === null ? null : Math.max(0, row.kept - row.kept_half),
      high: row.kept_half === null ? null : row.kept + row.kept_half,
      n_tasks: row.n_tasks,
      n_abilities: row.n_abilities,
      n_values: row.n_values,
      size_bytes: row.size_bytes,
      ...rankOf(ranks.get(rankKey(row))),
      page: pages.get(`${row.model_id} ${groupKey(row)}`) ?? 1,
    }),
  );
  const counts = new Map<string, number>();
  for (const row of made) counts.set(sourceKey(row), (counts.get(sourceKey(row)) ?? 0) + 1);
  return made.sort(
    (a, b) =>
      compareRows(a, b, order) ||
      // Sources are not ranked against each other unless a reader sorts by what is kept.
      counts.get(sourceKey(b))! - counts.get(sourceKey(a))! ||
      byText(a.source, b.source) ||
      (b.kept ?? 0) - (a.kept ?? 0) ||
      byText(a.key, b.key) ||
      byText(a.ability, b.ability),
  );
}

function sourceKey({ model, origin, source }: RecipeRow): string {
  return `${model} ${origin} ${source}`;
}

type Ranked = Pick<RecipeRankRow, 'origin' | 'source_id' | 'model_id' | 'recipe_id' | 'ability'>;

function rankKey({ origin, source_id, model_id, recipe_id, ability }: Ranked): string {
  return [origin, source_id, model_id, recipe_id, ability].join(' ');
}

function rankOf(row: RecipeRankRow | undefined): Pick<RecipeRow, 'rank' | 'rank_worst' | 'rank_of'> {
  return {
    rank: row?.best_rank ?? null,
    rank_worst: row?.worst_rank ?? null,
    rank_of: row?.n_recipes ?? null,
  };
}

async function makeResultRows(): Promise<readonly ResultRow[]> {
  const marks = byId(await methods());
  const order = places(await models());
  const pages = await cellPages();
  const made = (await rows('board')).map((row) => resultOf(row, marks, pages));
  return made.sort(
    (a, b) =>
      compareRows(a, b, order) ||
      byText(a.key, b.key) ||
      byText(a.task_title, b.task_title) ||
      // What counts first, then what is shown beside it.
      Number(a.kept_note === 'shown as is') - Number(b.kept_note === 'shown as is') ||
      byText(a.metric ?? '', b.metric ?? '') ||
      byText(a.id, b.id),
  );
}

type Marks = ReadonlyMap<string, { mark: RowBase['mark'] }>;

function resultOf(row: BoardRow, marks: Marks, pages: ReadonlyMap<string, number>): ResultRow {
  return {
    ...common(row, nominalBits(row), marks),
    kind: 'result',
    id: row.row_id,
    model_label: row.model_label,
    method_label: row.method_label,
    task: row.task_id,
    task_title: row.task_title,
    ability: row.ability,
    metric: row.metric,
    unit: row.unit ?? 'score',
    protocol: protocolText(row),
    value: row.value,
    baseline: row.baseline_value,
    loss: row.loss_points,
    low: row.kept_low,
    high: row.kept_high,
    kept_note: row.kept_note,
    value_low: row.value_low,
    value_high: row.value_high,
    chance: row.unit === 'fraction' ? row.chance : null,
    n: row.n,
    is_baseline: row.is_baseline,
    doubt: row.suspect_reason,
    note: row.note,
    error: row.error_message,
    url: row.source_url,
    locator: row.locator,
    run: row.run_id,
    run_page: pages.get(row.row_id) ?? null,
  };
}

/** The static page of a model's results on which each recipe of a source begins. */
async function firstPages(): Promise<ReadonlyMap<string, number>> {
  const pages = new Map<string, number>();
  const seen = new Map<string, number>();
  for (const row of await resultRows()) {
    const place = seen.get(row.model) ?? 0;
    seen.set(row.model, place + 1);
    const key = `${row.model} ${row.key}`;
    if (!pages.has(key)) pages.set(key, Math.floor(place / PAGE_SIZE) + 1);
  }
  return pages;
}

let rowPlaces: Promise<ReadonlyMap<string, string>> | null = null;

/** The static page of its model on which every row of the board stands. */
export function resultPages(): Promise<ReadonlyMap<string, string>> {
  rowPlaces ??= resultRows().then((all) => {
    const seen = new Map<string, number>();
    return new Map(
      all.map(({ id, model }) => {
        const place = seen.get(model) ?? 0;
        seen.set(model, place + 1);
        const page = Math.floor(place / PAGE_SIZE) + 1;
        return [id, `/models/${model}/results/${page === 1 ? '' : `${page}/`}`];
      }),
    );
  });
  return rowPlaces;
}

function common(row: Common, nominal: number, marks: Marks): RowBase {
  return {
    origin: row.origin,
    source: row.source_id,
    source_title: row.source_title,
    trust: row.trust,
    model: row.model_id,
    model_name: row.model_name,
    family: row.family,
    params: row.params_b,
    method: row.method_id,
    method_title: row.method_title ?? row.method_id,
    mark: marks.get(row.method_id)?.mark ?? UNKNOWN_MARK,
    recipe: row.recipe_id,
    key: groupKey(row),
    tensor: row.tensor,
    chips: bitsChips(row),
    bits: nominal,
    bpw: row.bits_per_weight,
    kept: row.kept,
  };
}

/** Rows of one recipe by one source stand together and share an anchor. */
function groupKey(row: { readonly recipe_id: string; readonly source_id: string }): string {
  return `${row.recipe_id}.${row.source_id}`;
}

/** As `nominal_bits` of the view recipe_by_ability: for grouping, never shown as a result. */
function nominalBits(row: BoardRow): number {
  if (row.tensor === 'KV') return Math.round(row.kv_bits ?? 0);
  if (row.tensor === 'none' || row.tensor === 'prune') return 16;
  return row.w_bits === null ? 0 : Math.max(1, Math.round(row.w_bits));
}

function compareRows(a: RowBase, b: RowBase, order: ReadonlyMap<string, number>): number {
  return (
    order.get(a.model)! - order.get(b.model)! ||
    TENSORS.indexOf(a.tensor) - TENSORS.indexOf(b.tensor) ||
    b.bits - a.bits
  );
}
