/** First half of an attention block: norm, key and value projections, rotation of the keys. */
import type { Block } from '../../../families/architecture.ts';
import type { ForwardPrecision } from '../../forward-quantizer.ts';
import { GraphBuilder } from '../graph.ts';
import { addNorm } from '../layers/norms.ts';
import { rotationOf } from '../layers/positions.ts';
import { attentionMixer, projectionsOf } from '../layers/projections.ts';

/**
 * Inputs: `hidden` float32 `[M, H]`; `cos` and `sin` `[M, pairs]` where positions rotate; the weights `mixer.before` and
 * those of the key and value projections.
 * Outputs: `keys` float32 `[M, kvHeads, keyDim]`, `values` `[M, kvHeads, valueDim]`; reported inputs.
 */
export function keysValuesGraph(block: Block, hiddenSize: number, precision: ForwardPrecision): Uint8Array {
  const graph = new GraphBuilder(precision);
  const mixer = attentionMixer(block);
  const projections = projectionsOf(mixer);
  const { kvHeads, keyDim, valueDim, rotaryDim } = projections;
  const hidden = graph.input('hidden', 'float32', ['M', hiddenSize]);
  const rotate = rotationOf(graph, mixer.position, 'M', rotaryDim);
  const x = addNorm(graph, hidden, 'mixer.before', block.mixerNorms.before, hiddenSize);
  const { keys, values } = projections.addKeysValues(graph, x, rotate);
  graph.output('keys', keys, 'float32', ['M', kvHeads, keyDim]);
  graph.output('values', values, 'float32', ['M', kvHeads, valueDim]);
  return graph.build();
}
