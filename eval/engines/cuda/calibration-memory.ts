/** How much device memory calibration needs besides the model, so that the model's plan leaves it. */
import type { Architecture, Block } from '../../families/architecture.ts';
import { linearsOf, siblingsOf } from '../../families/linears.ts';
import { aligned } from './arena.ts';

const DOUBLE = Float64Array.BYTES_PER_ELEMENT;
const FLOAT = Float32Array.BYTES_PER_ELEMENT;

/**
 * Hidden states of all tokens, the Hessians of one block, a copy of the largest for a method that divides or rotates its
 * input, two matrices to factorize it and one to sum it, and what the column loop of the largest linear takes: float64
 * weights, a float32 upload, errors, codes and their stream, and what a choice of bits by groups keeps beside them, as many
 * doubles again. Searches for scales and clips take no more: differences and their products in place of float64 weights.
 */
export function calibrationBytes({ blocks, hiddenSize }: Architecture, tokens: number): number {
  const largest = Math.max(...blocks.map(blockBytes));
  return aligned(tokens * hiddenSize * FLOAT) + largest;
}

function blockBytes(block: Block): number {
  const squares = siblingsOf(block).map(([first]) => first.inFeatures ** 2);
  const linears = linearsOf(block).map(
    ({ outFeatures: N, inFeatures: K }) => N * K * (2 * DOUBLE + FLOAT + 2) + N * 512 * DOUBLE,
  );
  const sums = squares.reduce((sum, values) => sum + values * DOUBLE, 0);
  return sums + Math.max(...squares) * (3 * DOUBLE + FLOAT) + Math.max(...linears);
}
