/** What the methods below two bits have in common: recipes that they refuse, and what they note. */
import type { Recipe } from '../../data/recipe.ts';
import { forwardReason } from '../engines/forward-quantizer.ts';
import type { FactorHandle } from '../operations/operations.ts';

/** Share of mean(H_ii) added to the diagonal where a recipe does not say: that of all published codes. */
export const DEFAULT_DAMPING = 0.01;

/** Deviations that come with the Hessian, whatever is done with it. */
export const HESSIAN_DEVIATIONS = [
  'H is summed, factorized and used in float64; the reference code uses float32.',
  'A Hessian that is not positive definite is tried again with ten times the damping, up to six times; then, and for a layer without calibration input, no error is fed back and salience, where a method looks at it, is the magnitude of the weights. Each is noted. The reference code fails.',
] as const;

/** Why a recipe is none that a method on weights with a Hessian can run, as a clause; null where it is one. */
export function weightReason(recipe: Recipe): string | null {
  const { method, weights, damping } = recipe;
  if (weights === null) return `${method} compresses weights, and the recipe gives no bits for them`;
  if (weights.group === null) return 'the recipe leaves the group size open';
  if (damping !== null && damping > 1) return `a damping of ${damping} is above 1`;
  return forwardReason(recipe);
}

/**
 * What a factorization had to do differently, in full sentences.
 * @param without  what happens where there is no factor, as a clause
 */
export function factorNotes(
  name: string,
  damping: number,
  factor: Pick<FactorHandle, 'state' | 'dead' | 'damping'>,
  without = 'magnitudes stand for salience, and no error is fed back',
): string[] {
  if (factor.state === 'empty') {
    return [`${name}: all its inputs were zero, or none came, in the calibration data; ${without}.`];
  }
  if (factor.state === 'none') {
    return [`${name}: the Hessian has no factor up to a damping of ${factor.damping}; ${without}.`];
  }
  const notes: string[] = [];
  if (factor.dead > 0) {
    notes.push(
      `${name}: ${factor.dead} inputs were zero in all calibration data; their weights count as zero.`,
    );
  }
  if (factor.damping !== damping) {
    notes.push(
      `${name}: the Hessian is not positive definite at a damping of ${damping}; ${factor.damping} was used.`,
    );
  }
  return notes;
}
