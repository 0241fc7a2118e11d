/** What surrounds the recurrence of a selective scan block: everything that runs for all tokens at once. */
import type { Block, SelectiveScan } from '../../../families/architecture.ts';
import type { ForwardPrecision } from '../../forward-quantizer.ts';
import type { PlainTensor, WeightTable } from '../block-weights.ts';
import { GraphBuilder } from '../graph.ts';
import { activations, addSoftplus } from '../layers/activations.ts';
import { addLinear } from '../layers/linear.ts';
import { addNorm } from '../layers/norms.ts';
import { reportInput } from '../observe-inputs.ts';

export function scanWeights({
  input,
  parameters,
  step,
  output,
  convolution,
  innerSize,
}: SelectiveScan): WeightTable {
  const { tensor, bias, width } = convolution;
  const plain = (name: string | null, dims: readonly number[]): PlainTensor | null =>
    name === null ? null : { tensor: name, dims };
  return {
    ...{ input, parameters, step, output },
    convolution: plain(tensor, [innerSize, 1, width]),
    'convolution.bias': plain(bias, [innerSize]),
  };
}

/**
 * Before the recurrence. Source: Gu and Dao 2023, arXiv:2312.00752, section 3.4.
 * Inputs: `hidden` float32 `[M, H]`; `past` float32 `[P, innerSize]`, rows that the convolution needs from before these
 * tokens; int32 `taps` `[width − 1, M]`: for each token the row 1, 2 … tokens before it, counted through the rows of
 * these tokens and then those of `past`; weights `mixer.before`, `input`, `convolution`, `parameters`, `step`.
 * Outputs, float32: `fresh` `[M, innerSize]`, what the convolution reads; `x` and `delta` `[M, innerSize]` and
 * `selection` `[M, 2·stateSize]`, what the recurrence reads; `gate` `[M, innerSize]`; reported inputs.
 */
export function scanInputGraph(
  { mixer, mixerNorms }: Block & { mixer: SelectiveScan },
  hiddenSize: number,
  precision: ForwardPrecision,
): Uint8Array {
  const graph = new GraphBuilder(precision);
  const { innerSize, stateSize, rank } = mixer;
  const hidden = graph.input('hidden', 'float32', ['M', hiddenSize]);
  const normed = addNorm(graph, hidden, 'mixer.before', mixerNorms.before, hiddenSize);
  reportInput(graph, 'input', normed, hiddenSize);
  const [fresh, gate] = graph.split(addLinear(graph, normed, 'input', mixer.input), 1, [
    innerSize,
    innerSize,
  ]);
  const x = activations.silu(graph, addConvolution(graph, fresh, mixer));
  reportInput(graph, 'parameters', x, innerSize);
  const [steps, selection] = graph.split(addLinear(graph, x, 'parameters', mixer.parameters), 1, [
    rank,
    2 * stateSize,
  ]);
  reportInput(graph, 'step', steps, rank);
  const delta = addSoftplus(graph, addLinear(graph, steps, 'step', mixer.step));
  const wide = ['M', innerSize] as const;
  graph.output('fresh', fresh, 'float32', wide);
  graph.output('x', x, 'float32', wide);
  graph.output('delta', delta, 'float32', wide);
  graph.output('selection', selection, 'float32', ['M', 2 * stateSize]);
  graph.output('gate', activations.silu(graph, gate), 'float32', wide);
  return graph.build();
}

/**
 * After the recurrence. Inputs: `hidden` float32 `[M, H]`, `y` and `gate` `[M, innerSize]`, weights `output`.
 * Output: `result` float32 `[M, H]`; reported inputs.
 */
export function scanOutputGraph(
  { mixer }: Block & { mixer: SelectiveScan },
  hiddenSize: number,
  precision: ForwardPrecision,
): Uint8Array {
  const graph = new GraphBuilder(precision);
  const hidden = graph.input('hidden', 'float32', ['M', hiddenSize]);
  const wide = (name: string) => graph.input(name, 'float32', ['M', mixer.innerSize]);
  const gated = graph.node('Mul', [wide('y'), wide('gate')]);
  reportInput(graph, 'output', gated, mixer.innerSize);
  const result = graph.node('Add', [hidden, addLinear(graph, gated, 'output', mixer.output)]);
  graph.output('result', result, 'float32', ['M', hiddenSize]);
  return graph.build();
}

/** Each channel by itself over the last `width` tokens, float32 `[M, innerSize]` in and out. */
function addConvolution(
  graph: GraphBuilder,
  fresh: string,
  { innerSize, convolution }: SelectiveScan,
): string {
  const { width, bias } = convolution;
  const weight = graph.input('convolution', 'float32', [innerSize, 1, width]);
  const byTap = graph.node('Transpose', [weight], { perm: { ints: [2, 1, 0] } });
  // The last weight belongs to the token itself.
  const weights = graph
    .split(byTap, 0, Array(width).fill(1))
    .map((tap) => graph.node('Reshape', [tap, graph.ints([innerSize])]))
    .reverse();
  let sum = graph.node('Mul', [fresh, weights[0]]);
  if (width > 1) {
    const rows = graph.node('Concat', [fresh, graph.input('past', 'float32', ['P', innerSize])], {
      axis: { int: 0 },
    });
    const taps = graph.split(graph.input('taps', 'int32', [width - 1, 'M']), 0, Array(width - 1).fill(1));
    for (const [back, tap] of taps.entries()) {
      const index = graph.node('Reshape', [tap, graph.ints([-1])]);
      const earlier = graph.node('Gather', [rows, index], { axis: { int: 0 } });
      sum = graph.node('Add', [sum, graph.node('Mul', [earlier, weights[back + 1]])]);
    }
  }
  return bias === null
    ? sum
    : graph.node('Add', [sum, graph.input('convolution.bias', 'float32', [innerSize])]);
}
