/** What the pipeline itself can run, from data/catalog.json: settings, deviations, what calibration it needs. */
import catalog from '../../data/catalog.json' with { type: 'json' };
import { sqlText } from '../../data/sql-text.ts';
import { select } from './db.ts';

export interface PipelineMethod {
  readonly id: string;
  readonly needs: string;
  readonly deviations: readonly string[];
}

/** Null for methods of which only published results are known. */
export function pipelineMethod(id: string): PipelineMethod | null {
  const known: readonly PipelineMethod[] = catalog.methods;
  return known.find((method) => method.id === id) ?? null;
}

const NEEDS: Readonly<Record<string, string>> = {
  nothing: 'no data: the weights alone',
  hessian: 'a calibration text: which inputs of a layer go together (a Hessian)',
  channels: 'a calibration text: how large each input channel gets',
  inputs: 'a calibration text: how large each input channel gets, and which go together (a Hessian)',
};

/** What a method has to see besides the weights, in words. */
export function needsText({ needs }: PipelineMethod): string {
  return NEEDS[needs] ?? needs;
}

export interface MeasuredRecipe {
  readonly recipe_id: string;
  readonly models: number;
  /** As papers count; null where they quote none. */
  readonly nominal_bits: number | null;
  readonly bits_low: number | null;
  readonly bits_high: number | null;
  readonly kept: number;
}

/** Recipes of a method that the project measured itself: true bits per weight over all models, and the mean of what is kept. */
export function measuredRecipes(method: string): Promise<readonly MeasuredRecipe[]> {
  const id = sqlText(method);
  return select<MeasuredRecipe>(`
    SELECT recipe_id, count(DISTINCT model_id)::INTEGER AS models,
      any_value(paper_bits) AS nominal_bits,
      min(bits_per_weight) AS bits_low, max(bits_per_weight) AS bits_high, avg(kept) AS kept
    FROM recipe_kept JOIN recipe USING (recipe_id, method_id) WHERE method_id = ${id} AND origin = 'measured' AND NOT is_baseline
    GROUP BY recipe_id ORDER BY bits_high DESC NULLS FIRST, kept DESC, recipe_id`);
}
