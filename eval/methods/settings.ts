/** Which optional settings of a recipe a method knows. A setting that would change nothing is refused, never ignored. */
import { FP16, type Recipe } from '../../data/recipe.ts';

/** Settings of a recipe that only some methods have; grids and bits are for each method to check. */
export type OptionalSetting =
  | 'sparsity'
  | 'symmetric'
  | 'range'
  | 'actOrder'
  | 'staticGroups'
  | 'trueSequential'
  | 'mse'
  | 'damping'
  | 'alpha'
  | 'compat'
  | 'variant';

const SETTINGS: Readonly<Record<OptionalSetting, string>> = {
  sparsity: 'sparsity',
  symmetric: 'symmetric grids (sym)',
  range: 'range conventions (minmax, free)',
  actOrder: 'column order (actorder)',
  staticGroups: 'static groups (static)',
  trueSequential: 'order of calibration inside a block (trueseq)',
  mse: 'range search (mse)',
  damping: 'damping (damp)',
  alpha: 'shift of difficulty to the weights (alpha)',
  compat: 'compatibility with published code (compat)',
  variant: 'sub-type of another tool (@)',
};

/** Names the settings that a recipe gives and its method does not have, as a clause; null where there are none. */
export function unknownSettings(recipe: Recipe, known: readonly OptionalSetting[]): string | null {
  const all = Object.keys(SETTINGS) as OptionalSetting[];
  const unknown = all.filter((name) => recipe[name] !== FP16[name] && !known.includes(name));
  if (unknown.length === 0) return null;
  const have = known.map((name) => SETTINGS[name]).join(', ');
  return `${recipe.method} has no ${unknown.map((name) => SETTINGS[name]).join(', no ')}; ${have === '' ? 'it has no optional settings' : `its settings are: ${have}`}`;
}
