/** Method against method: duels over all matched pairs, and the pairs behind each. */
import { bitsChips } from './bits-chips.ts';
import { comparePath } from './compare-state.ts';
import { differenceText, isSure } from './compare-words.ts';
import { type MethodDuelRow, type MethodPairRow, rows } from './db.ts';
import { percent, plural, signed } from './format.ts';
import { once } from './once.ts';
import { byText } from './text-order.ts';

export interface Duel extends MethodDuelRow {
  readonly title: string;
  readonly other_name: string;
}

/** Every duel over all origins, seen from every side, the most pairs first. */
export const duels = once(async (): Promise<readonly Duel[]> => {
  const all = (await rows('method_duel')).filter(({ origin }) => origin === 'all');
  return all
    .map((row) => ({
      ...row,
      title: row.method_title ?? row.method_id,
      other_name: row.other_title ?? row.other_id,
    }))
    .sort(
      (a, b) => b.n_pairs - a.n_pairs || byText(a.method_id, b.method_id) || byText(a.other_id, b.other_id),
    );
});

/** Each duel once, from the side of the method that wins more. */
export async function duelsOnce(): Promise<readonly Duel[]> {
  return (await duels()).filter(({ n_wins, n_losses, method_id, other_id }) =>
    n_wins === n_losses ? method_id < other_id : n_wins > n_losses,
  );
}

/** Methods that meet another, the most pairs first. */
export async function duelMethods(): Promise<readonly { readonly id: string; readonly title: string }[]> {
  const found = new Map((await duels()).map(({ method_id, title }) => [method_id, title]));
  return [...found].map(([id, title]) => ({ id, title }));
}

const pairsByMethod = once(async () => Map.groupBy(await rows('method_pair'), ({ method_id }) => method_id));

/** Pairs of a method by its opponent. */
export async function pairsOf(method: string): Promise<ReadonlyMap<string, readonly MethodPairRow[]>> {
  return Map.groupBy((await pairsByMethod()).get(method) ?? [], ({ other_id }) => other_id);
}

/** What both sides of a pair share: `W4 g128`. */
export function pairChips(pair: MethodPairRow): readonly string[] {
  return bitsChips(pair);
}

/** The two side by side, the other first: it is what the method is held against. */
export function pairQuery({ model_id, recipe_id, other_recipe_id, source_id }: MethodPairRow): string {
  return comparePath(
    [other_recipe_id, recipe_id].map((recipe) => ({ model: model_id, recipe, source: source_id })),
  );
}

/** Points with their interval, where there is one. */
export function pointsText({ difference, half }: MethodPairRow): string {
  return `${signed(100 * difference, 1)}${half === null ? '' : ` ±${(100 * half).toFixed(1)}`}`;
}

export function duelPoints({ difference: value, low, high }: MethodDuelRow): string {
  return differenceText({ value, low, high });
}

/** One sentence on a duel. */
export function duelSentence(duel: Duel): string {
  const { title, other_name, n_pairs, n_wins, n_losses, n_models } = duel;
  const share = `${title} keeps more than ${other_name} in ${n_wins} of ${plural(n_pairs, 'matched pair')} (${percent(n_wins / n_pairs)}) and less in ${n_losses}, on ${plural(n_models, 'model')}`;
  const sure = isSure(duel);
  if (sure === null) return `${share}.`;
  // Who wins more often need not be ahead in the mean, which few large losses decide.
  return `${share}; the mean over models is ${signed(100 * duel.difference, 1)} points, ${sure ? 'more than chance' : 'not more than chance'}.`;
}
