/** What the comparison of recipes is made of, model by model: read while the site is built, sent to the browser on demand. */
import { resultPages, resultRows } from './board-rows.ts';
import { models } from './catalogue.ts';
import { hasItems } from './compare-items.ts';
import type { CompareModel, CompareRecipe, CompareTask, CompareValue } from './compare-types.ts';
import { type BoardRow, type CompareValueRow, rows } from './db.ts';
import { bitsText, bytesText } from './format.ts';
import { once, onceFor } from './once.ts';
import { protocolText } from './protocol-text.ts';
import type { ResultRow } from './row-types.ts';

/** Values of the view by model. */
const valuesByModel = once(async () => Map.groupBy(await rows('compare_value'), ({ model_id }) => model_id));
const rowsByModel = once(async () => Map.groupBy(await resultRows(), ({ model }) => model));
const boardById = once(async () => new Map((await rows('board')).map((row) => [row.row_id, row])));

/** Models with something to compare, the most reported first. */
export async function comparableModels(): Promise<readonly { readonly id: string; readonly name: string }[]> {
  const values = await valuesByModel();
  return (await models()).filter(({ id }) => values.has(id)).map(({ id, name }) => ({ id, name }));
}

/** Everything of one model; null where nothing of it can be compared. */
export const compareModel = onceFor(async (id: string): Promise<CompareModel | null> => {
  const values = (await valuesByModel()).get(id);
  const model = (await models()).find((one) => one.id === id);
  if (values === undefined || model === undefined) return null;
  const tasks = tasksOf(values);
  const places = new Map([...tasks.keys()].map((key, place) => [key, place]));
  const mine = Map.groupBy((await rowsByModel()).get(id) ?? [], ({ key }) => key);
  const board = await boardById();
  const pages = await resultPages();
  const recipes = [...Map.groupBy(values, (row) => `${row.recipe_id}.${row.source_id}`)].map(([key, own]) => {
    const shown = mine.get(key)![0]!;
    const page = `${pages.get(shown.id)}#${encodeURIComponent(key)}`;
    return madeRecipe(shown, board.get(shown.id)!, own, page, places);
  });
  const order = new Map([...mine.keys()].map((key, place) => [key, place]));
  const placeOf = ({ recipe, source }: CompareRecipe) => order.get(`${recipe}.${source}`)!;
  return {
    id,
    name: model.name,
    family: model.family,
    params_b: model.params_b,
    tasks: [...tasks.values()],
    recipes: recipes.sort((a, b) => placeOf(a) - placeOf(b)),
    has_items: await hasItems(id),
  };
});

function taskKey(row: CompareValueRow): string {
  return [row.task_id, row.metric, row.unit, row.shots, row.context_length, row.position].join('|');
}

function tasksOf(values: readonly CompareValueRow[]): Map<string, CompareTask> {
  const tasks = new Map<string, CompareTask>();
  for (const row of values) {
    const { task_id, task_title, ability, metric, unit, chance } = row;
    const protocol = protocolText({ ...row, is_primary: true });
    tasks.set(taskKey(row), { id: task_id, title: task_title, ability, metric, protocol, unit, chance });
  }
  return tasks;
}

function madeRecipe(
  shown: ResultRow,
  row: BoardRow,
  values: readonly CompareValueRow[],
  page: string,
  places: ReadonlyMap<string, number>,
): CompareRecipe {
  const { recipe, source, source_title, origin, method, method_title, mark, chips, is_baseline } = shown;
  return {
    ...{ recipe, source, source_title, origin, method, method_title, mark, chips, is_baseline },
    settings: settingsOf(row),
    page,
    values: values.map(
      (one): CompareValue => [
        places.get(taskKey(one))!,
        round(one.kept)!,
        round(one.kept_low),
        round(one.kept_high),
        one.value,
        one.baseline,
        one.n,
      ],
    ),
  };
}

function round(value: number | null): number | null {
  return value === null ? null : Number(value.toFixed(5));
}

const NOT_STATED = 'not stated';

/** In words, by name; what a recipe does not touch is said, what a source does not say too. */
function settingsOf(row: BoardRow): Readonly<Record<string, string>> {
  const bits = (value: number | null, isTouched: boolean) =>
    value !== null ? `${value} bit` : isTouched ? NOT_STATED : '16 bit';
  const touchesWeights = ['W', 'WA', 'W+KV'].includes(row.tensor);
  const size = row.bits_per_weight;
  return {
    Weights: bits(row.w_bits, touchesWeights),
    Activations: bits(row.a_bits, row.tensor === 'WA'),
    Cache: bits(row.kv_bits, row.tensor === 'KV' || row.tensor === 'W+KV'),
    ...(touchesWeights || row.tensor === 'KV' ? { Group: groupText(row.group_size) } : {}),
    ...(row.tensor === 'prune' ? { Removed: removedText(row) } : {}),
    ...(size === null ? {} : { 'True bits': bitsText(size) }),
    ...(row.size_bytes === null ? {} : { Size: bytesText(row.size_bytes) }),
    'Recipe id': row.recipe_id,
  };
}

function groupText(size: number | null): string {
  if (size === null) return NOT_STATED;
  return size === -1 ? 'whole rows' : `${size} values`;
}

function removedText({ sparsity, sparsity_pattern }: BoardRow): string {
  const share = sparsity === null ? null : `${Number((100 * sparsity).toFixed(1))} %`;
  return [share, sparsity_pattern].filter((part) => part !== null).join(', ') || NOT_STATED;
}
