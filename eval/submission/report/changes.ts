/** What changes from one state of the board to the other, as a reviewer asks. */
import type { ClaimRow, RecipeKeptRow, RecipeRankRow } from '../../../data/views.ts';
import type { BoardState, ChangedRow, States } from './states.ts';

export interface RankChange {
  readonly model: string;
  readonly recipe: string;
  readonly source: string;
  /** `all`, or the one that the rank is in. */
  readonly ability: string;
  /** `3` or, where no test tells recipes apart, `3–5`, of how many; null where it had none. */
  readonly before: string | null;
  readonly after: string | null;
}

export interface VerdictChange {
  readonly claim: string;
  readonly title: string;
  readonly side: ClaimRow['side'];
  readonly before: string;
  readonly after: string;
}

/** Recipes whose rank, ties or number of rivals is another one, best first. */
export function rankChanges({ before, after }: States): readonly RankChange[] {
  const [old, now] = [before, after].map(ranksOf) as [ReturnType<typeof ranksOf>, ReturnType<typeof ranksOf>];
  const all = new Map([...now, ...old]);
  return [...all].flatMap(([key, rank]) => {
    const [was, is] = [old, now].map((ranks) => textOf(ranks.get(key)));
    if (was === is) return [];
    const { model_id: model, recipe_id: recipe, source_id: source, ability } = rank;
    return [{ model, recipe, source, ability, before: was!, after: is! }];
  });
}

function ranksOf({ ranks }: BoardState): ReadonlyMap<string, RecipeRankRow> {
  return new Map(
    ranks.map((rank) => [
      [rank.ability, rank.origin, rank.source_id, rank.model_id, rank.recipe_id].join(' '),
      rank,
    ]),
  );
}

function textOf(rank: RecipeRankRow | undefined): string | null {
  if (rank === undefined) return null;
  const { best_rank: best, worst_rank: worst, n_recipes: n } = rank;
  return `${best === worst ? best : `${best}–${worst}`} of ${n}`;
}

export interface KeptChange {
  readonly recipe: RecipeKeptRow;
  /** Null where it is not known without what was sent. */
  readonly before: number | null;
}

/** Means differ in their last bits with the order of adding up. */
const SAME = 1e-9;

/** Recipes that keep another share of their model, or of which it was not known; those that keep least last. */
export function keptChanges({ before, after }: States): readonly KeptChange[] {
  const keyOf = (row: RecipeKeptRow) => [row.origin, row.source_id, row.model_id, row.recipe_id].join(' ');
  const old = new Map(before.kept.map((row) => [keyOf(row), row.kept]));
  return after.kept
    .map((recipe) => ({ recipe, before: old.get(keyOf(recipe)) ?? null }))
    .filter(({ recipe, before: was }) => was === null || Math.abs(was - recipe.kept) > SAME)
    .sort((a, b) => a.recipe.model_id.localeCompare(b.recipe.model_id) || b.recipe.kept - a.recipe.kept);
}

/** Claims whose verdict is another one. */
export function verdictChanges({ before, after }: States): readonly VerdictChange[] {
  const old = new Map(before.claims.map((claim) => [`${claim.claim_id} ${claim.side}`, claim]));
  return after.claims.flatMap((claim) => {
    const was = old.get(`${claim.claim_id} ${claim.side}`);
    if (was === undefined || was.verdict === claim.verdict) return [];
    const { claim_id, title, side } = claim;
    return [{ claim: claim_id, title, side, before: verdictOf(was), after: verdictOf(claim) }];
  });
}

const verdictOf = ({ verdict, n, n_holds }: ClaimRow) => `${verdict} (${n_holds} of ${n})`;

/** Pages of the site that show something else, those about the least first. */
export function pagesOf(
  changed: readonly ChangedRow[],
  verdicts: readonly VerdictChange[],
): readonly string[] {
  const pages = (folder: string, ids: readonly (string | null)[]) =>
    [...new Set(ids)]
      .filter((id) => id !== null)
      .sort()
      .map((id) => `/${folder}/${id}/`);
  return [
    ...pages(
      'runs',
      changed.map(({ run_id }) => run_id),
    ),
    ...pages(
      'models',
      changed.map(({ model_id }) => model_id),
    ),
    ...pages(
      'sources',
      changed.map(({ source_id }) => source_id),
    ),
    ...pages(
      'methods',
      changed.map(({ method_id }) => method_id),
    ),
    ...pages(
      'tasks',
      changed.map(({ task_id }) => task_id),
    ),
    ...pages(
      'claims',
      verdicts.map(({ claim }) => claim),
    ),
    ...(changed.length > 0 ? ['/'] : []),
  ];
}
