import { recipeColumns } from '../../../data/recipe-columns.ts';
import type { FinishedCell } from '../../../data/schema.ts';
import { BASELINE, cellPath, finishedCells, type PlacedCell } from './cells.ts';
import { defineRule, type Finding } from './rule.ts';

/** Codes may be up to a quarter fewer than nominal where layers are kept out of the count, and not fewer. */
const FEWEST = 0.75;
/** Bits of 16-bit weights, and what scales of the smallest groups add. */
const MOST = 17;

export const size = defineRule({
  id: 'size',
  demands:
    'fp16 has 16 bits a weight, every recipe as many as it can have, and no file of a model is larger than the 16-bit one.',
  severity: 'refused',
  *check(submission) {
    const { params } = submission.run.run.models[0]!;
    const seen = new Set<string>();
    for (const placed of finishedCells(submission)) {
      const { recipe, bits_per_weight, size_bytes } = placed.cell;
      const sameAs = JSON.stringify([recipe, bits_per_weight, size_bytes]);
      if (seen.has(sameAs)) continue;
      seen.add(sameAs);
      const at = (field: 'bits_per_weight' | 'size_bytes') => cellPath(submission, placed.path, field);
      yield* checkBits(placed.cell, at('bits_per_weight'));
      yield* checkBytes(placed, params, at('size_bytes'));
    }
  },
});

function* checkBits(
  { recipe, bits_per_weight: bits }: FinishedCell,
  path: Finding['path'],
): Iterable<Finding> {
  const found = `${bits} bits a weight with ${recipe}`;
  if (recipe === BASELINE && bits !== 16) yield { path, found, fix: 'The 16-bit model has 16.' };
  if (bits > MOST) yield { path, found, fix: `Nothing that is compressed has more than ${MOST}.` };
  const nominal = nominalBits(recipe);
  if (nominal !== null && bits < nominal * FEWEST)
    yield {
      path,
      found,
      fix: `The recipe stores ${nominal} bits or more; send the count of the packed bytes.`,
    };
}

/** Bits of the codes that stay; null where none are named. */
function nominalBits(recipe: string): number | null {
  try {
    const { w_bits, sparsity } = recipeColumns(recipe);
    return w_bits === null ? null : w_bits * (1 - (sparsity ?? 0));
  } catch {
    return null;
  }
}

function* checkBytes(
  { cell }: PlacedCell<FinishedCell>,
  params: number,
  path: Finding['path'],
): Iterable<Finding> {
  const { recipe, size_bytes: bytes } = cell;
  const whole = 2 * params;
  const found = `${bytes} bytes of ${params} parameters with ${recipe}`;
  if (bytes > whole * 1.1) yield { path, found, fix: `At 16 bits they are ${whole} bytes.` };
  else if (recipe === BASELINE && Math.abs(bytes - whole) > whole / 100)
    yield { path, found, fix: `Two bytes each would be ${whole}; say why it differs.`, severity: 'flagged' };
}
