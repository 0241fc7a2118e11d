/** Position schemes by kind: what they need computed outside the graph, and how they change queries and keys. */
import type { Rope } from '../../../families/architecture.ts';
import type { GraphBuilder } from '../graph.ts';

/** Cosines and sines, each float32 `[M, headDim / 2]`. */
export interface RotationTables {
  readonly cos: Float32Array;
  readonly sin: Float32Array;
}

/**
 * Rotates the two halves of every head: float32 `[M, heads, headDim]` in and out. The tables enter as `cos` and `sin`.
 * Source: Su et al. 2021, arXiv:2104.09864, in the half-split layout of the Hugging Face checkpoints.
 */
export function addRotation(graph: GraphBuilder, x: string, tables: { cos: string; sin: string }): string {
  const [first, second] = graph.nodes('Split', [x], 2, { axis: { int: 2 }, num_outputs: { int: 2 } });
  const times = (a: string, b: string) => graph.node('Mul', [a, b]);
  const turnedFirst = graph.node('Sub', [times(first, tables.cos), times(second, tables.sin)]);
  const turnedSecond = graph.node('Add', [times(second, tables.cos), times(first, tables.sin)]);
  return graph.node('Concat', [turnedFirst, turnedSecond], { axis: { int: 2 } });
}

/** Declares the tables as inputs, shaped to spread over heads: `[M, 1, headDim / 2]`. */
export function rotationInputs(
  graph: GraphBuilder,
  rows: string,
  headDim: number,
): { cos: string; sin: string } {
  const axis = graph.ints([1]);
  const spread = (name: string) =>
    graph.node('Unsqueeze', [graph.input(name, 'float32', [rows, headDim / 2]), axis]);
  return { cos: spread('cos'), sin: spread('sin') };
}

/**
 * Tables for tokens at `positions` `[M]`. Frequencies and angles are rounded to float32 before cos and sin are taken,
 * because transformers computes them in float32 and at large positions the rounding is visible in the logits.
 */
export function rotationTables(
  { inverseFrequencies, attentionFactor }: Rope,
  positions: Int32Array,
): RotationTables {
  const half = inverseFrequencies.length;
  const cos = new Float32Array(positions.length * half);
  const sin = new Float32Array(positions.length * half);
  const frequencies = Float32Array.from(inverseFrequencies);
  positions.forEach((position, row) => {
    for (let i = 0; i < half; i += 1) {
      const angle = Math.fround(position * frequencies[i]);
      cos[row * half + i] = Math.cos(angle) * attentionFactor;
      sin[row * half + i] = Math.sin(angle) * attentionFactor;
    }
  });
  return { cos, sin };
}
