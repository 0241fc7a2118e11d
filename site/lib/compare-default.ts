/** What the comparison shows before anyone chooses, and what else is worth a look: chosen by rule from what there is. */

import { comparableModels, compareModel } from './compare-files.ts';
import { comparePath, type Side } from './compare-state.ts';
import { type CompareModel, type CompareRecipe, recipeOf } from './compare-types.ts';
import { once } from './once.ts';

const MOST = 4;
/** Methods differ most where weights get this few bits and something is still left. */
const BITS = 3;

/**
 * The model with the most recipes by one source that measured items (else by any source), and in it the setting with
 * the most methods at 3 bits (else at any size): plain rounding first, then others by how much they keep.
 */
export const defaultSides = once(async (): Promise<readonly Side[]> => {
  const candidates = [];
  for (const { id } of await comparableModels()) candidates.push((await compareModel(id))!);
  const [model] = candidates.sort(
    (a, b) => Number(b.has_items) - Number(a.has_items) || b.recipes.length - a.recipes.length,
  );
  return model === undefined ? [] : contest(model);
});

/** Up to four methods of the model with the same settings by one source. */
function contest(model: CompareModel): readonly Side[] {
  const rivals = [
    ...Map.groupBy(
      model.recipes.filter(({ is_baseline }) => !is_baseline),
      settingKey,
    ).values(),
  ]
    .map((all) => [...Map.groupBy(all, ({ method }) => method).values()].map(plainest))
    .sort((a, b) => rank(b) - rank(a))[0];
  if (rivals === undefined) return [];
  const order = rivals.toSorted(
    (a, b) =>
      Number(b.method === 'rtn') - Number(a.method === 'rtn') ||
      b.values.length - a.values.length ||
      meanKept(b) - meanKept(a),
  );
  return order.slice(0, MOST).map((one) => sideOf(model, one));
}

/** Of several settings without a chip of their own, the one that sets the least. */
function plainest(all: readonly CompareRecipe[]): CompareRecipe {
  return all.reduce((best, one) => (one.recipe.length < best.recipe.length ? one : best));
}

function settingKey({ chips, source }: CompareRecipe): string {
  return `${source} ${chips.join(' ')}`;
}

function rank(rivals: readonly CompareRecipe[]): number {
  const [first] = rivals;
  return Math.min(rivals.length, MOST) * 2 + Number(first!.settings['Weights'] === `${BITS} bit`);
}

function meanKept({ values }: CompareRecipe): number {
  return values.reduce((sum, [, kept]) => sum + kept, 0) / values.length;
}

function sideOf(model: CompareModel, { recipe, source }: CompareRecipe): Side {
  return { model: model.id, recipe, source };
}

export interface Example {
  readonly title: string;
  /** Below the base path, with a query. */
  readonly query: string;
}

/** One recipe on several models, sizes of one method, and the best known model. */
export const examples = once(async (): Promise<readonly Example[]> => {
  const [first] = await defaultSides();
  const known = await comparableModels();
  const [most] = known;
  const found: Example[] = [];
  if (most !== undefined) {
    const sides = contest((await compareModel(most.id))!);
    found.push({ title: `Methods on ${most.name}, with the same settings`, query: comparePath(sides) });
  }
  if (first === undefined) return found;
  const model = (await compareModel(first.model))!;
  const sizes = model.recipes.filter(
    ({ method, source, settings }) =>
      method === 'rtn' &&
      source === first.source &&
      settings['Cache'] === '16 bit' &&
      settings['Activations'] === '16 bit',
  );
  found.push({
    title: `Plain rounding at falling sizes on ${model.name}`,
    query: comparePath(
      [model.recipes.find(({ is_baseline, source }) => is_baseline && source === first.source), ...sizes]
        .flatMap((one) => (one === undefined ? [] : [sideOf(model, one)]))
        .slice(0, 5),
    ),
  });
  const same = [];
  for (const { id } of known) {
    const other = (await compareModel(id))!;
    const one = recipeOf(other, first);
    if (one !== undefined) same.push(sideOf(other, one));
  }
  if (same.length > 1)
    found.push({ title: `One recipe (${first.recipe}) on several models`, query: comparePath(same) });
  return found;
});
