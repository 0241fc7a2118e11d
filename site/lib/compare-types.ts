/** The files that a comparison loads: one for each model, and its items (who answered what right) in another. */
import type { Mark } from './marks.ts';
import type { Origin } from './row-types.ts';

export interface CompareTask {
  readonly id: string;
  readonly title: string;
  readonly ability: string;
  readonly metric: string;
  /** Metric where the task leaves a choice; shots, context and position where they are part of the question. */
  readonly protocol: string;
  readonly unit: string;
  /** Of shares of right answers; null for other units. */
  readonly chance: number | null;
}

/** Place in `tasks`, kept with its 95 % interval, value, 16-bit value, number of items. */
export type CompareValue = readonly [
  task: number,
  kept: number,
  low: number | null,
  high: number | null,
  value: number,
  baseline: number,
  n: number | null,
];

/** A recipe of the model by one source, or the uncompressed model. */
export interface CompareRecipe {
  readonly recipe: string;
  readonly source: string;
  readonly source_title: string;
  readonly origin: Origin;
  readonly method: string;
  readonly method_title: string;
  readonly mark: Mark;
  readonly chips: readonly string[];
  readonly is_baseline: boolean;
  /** What is set, in words, by the name of the setting; what does not apply is absent. */
  readonly settings: Readonly<Record<string, string>>;
  /** Page of the values behind it, below the base path. */
  readonly page: string;
  readonly values: readonly CompareValue[];
}

export interface CompareModel {
  readonly id: string;
  readonly name: string;
  readonly family: string;
  readonly params_b: number | null;
  readonly tasks: readonly CompareTask[];
  readonly recipes: readonly CompareRecipe[];
  /** Whether there is a file of items. */
  readonly has_items: boolean;
}

/** A recipe of the model by a source; undefined where the model has none such. */
export function recipeOf(
  model: CompareModel,
  { recipe, source }: Pick<CompareRecipe, 'recipe' | 'source'>,
): CompareRecipe | undefined {
  return model.recipes.find((one) => one.recipe === recipe && one.source === source);
}

/** Right answers on the items of one task and metric: one bit an item, the first in the lowest bit, base64. */
export interface TaskItems {
  readonly n: number;
  /** The uncompressed model. */
  readonly base: string;
  /** By recipe: where it differs from the uncompressed model. */
  readonly flipped: Readonly<Record<string, string>>;
}

/** By source, then by `task|metric`. */
export type CompareItems = Readonly<Record<string, Readonly<Record<string, TaskItems>>>>;
