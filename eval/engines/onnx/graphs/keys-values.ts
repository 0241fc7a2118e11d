/** First half of an attention block: norm, key and value projections, rotation of the keys. */
import type { Attention, Norm } from '../../../families/architecture.ts';
import { GraphBuilder } from '../graph.ts';
import { addLinear } from '../layers/linear.ts';
import { norms } from '../layers/norms.ts';
import { addRotation, rotationInputs } from '../layers/positions.ts';

/**
 * Inputs: `hidden` float32 `[M, H]`, `cos` and `sin` `[M, headDim / 2]`, weights `mixerNorm`, `k`, `v`.
 * Outputs: `keys` and `values` float32 `[M, kvHeads, headDim]`; `kInput` `[M, H]` for calibration.
 */
export function keysValuesGraph(mixer: Attention, norm: Norm, hiddenSize: number): Uint8Array {
  const graph = new GraphBuilder();
  const { kvHeads, headDim } = mixer;
  const hidden = graph.input('hidden', 'float32', ['M', hiddenSize]);
  const tables = rotationInputs(graph, 'M', headDim);
  const x = norms[norm.kind](graph, hidden, 'mixerNorm', norm, hiddenSize);
  const heads = graph.ints([0, kvHeads, headDim]);
  const keys = graph.node('Reshape', [addLinear(graph, x, 'k', mixer.k), heads]);
  const values = graph.node('Reshape', [addLinear(graph, x, 'v', mixer.v), heads]);
  graph.output('keys', addRotation(graph, keys, tables), 'float32', ['M', kvHeads, headDim]);
  graph.output('values', values, 'float32', ['M', kvHeads, headDim]);
  graph.output('kInput', x, 'float32', ['M', hiddenSize]);
  return graph.build();
}
