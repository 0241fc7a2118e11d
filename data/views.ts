/** The views in `views/` and the types of their rows. Every number that the site shows comes from one of them. */
import type { z } from 'zod';
import type { Database } from './database/open.ts';
import { readTable } from './read-rows.ts';
import { VIEW_ROWS } from './view-rows.ts';

export { VIEW_ROWS };

export type ViewName = keyof typeof VIEW_ROWS;
export type ViewRow<Name extends ViewName> = z.infer<(typeof VIEW_ROWS)[Name]>;
export type BoardRow = ViewRow<'board'>;
export type RecipeKeptRow = ViewRow<'recipe_kept'>;
export type RecipeByAbilityRow = ViewRow<'recipe_by_ability'>;
export type RecipeRankRow = ViewRow<'recipe_rank'>;
export type CurveRow = ViewRow<'curve'>;
export type BestAtBitsRow = ViewRow<'best_at_bits'>;
export type MethodByBitsRow = ViewRow<'method_by_bits'>;
export type MethodMatchedRow = ViewRow<'method_matched'>;
export type LossBySizeRow = ViewRow<'loss_by_size'>;
export type CoverageRow = ViewRow<'coverage'>;
export type CoverageGapRow = ViewRow<'coverage_gap'>;
export type AdviceRow = ViewRow<'advice'>;
export type StoredBitsRow = ViewRow<'stored_bits'>;
export type TensorProfileRow = ViewRow<'tensor_profile'>;
export type TensorSummaryRow = ViewRow<'tensor_summary'>;
export type TensorSensitivityRow = ViewRow<'tensor_sensitivity'>;
export type CompareValueRow = ViewRow<'compare_value'>;
export type MethodPairRow = ViewRow<'method_pair'>;
export type MethodDuelRow = ViewRow<'method_duel'>;
export type AbilityByBitsRow = ViewRow<'ability_by_bits'>;
export type CurveByFamilyRow = ViewRow<'curve_by_family'>;
export type MemoryFrontRow = ViewRow<'memory_front'>;
export type FacetRow = ViewRow<'facet'>;
export type ClaimRow = ViewRow<'claim'>;
export type ClaimComparisonRow = ViewRow<'claim_comparison'>;
export type RunChangeRow = ViewRow<'run_change'>;
export type TrustRow = ViewRow<'trust'>;
export type SummaryRow = ViewRow<'summary'>;

/** Files of `views/`, each after those it reads. */
export const VIEWS = [
  'trust',
  'score',
  'board',
  'claim_value',
  'claim_evidence',
  ...(Object.keys(VIEW_ROWS) as ViewName[]).filter((view) => view !== 'board' && view !== 'trust'),
] as const;

/** All rows of a view. A test checks that the rows have the types above, so reading does not. */
export async function readView<Name extends ViewName>(
  database: Database,
  view: Name,
): Promise<ViewRow<Name>[]> {
  return (await readTable(database.connection, view)) as ViewRow<Name>[];
}
