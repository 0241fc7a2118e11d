/** Activation functions, float32 of any shape. */
import type { Activation } from '../../../families/architecture.ts';
import type { GraphBuilder } from '../graph.ts';

export type AddActivation = (graph: GraphBuilder, x: string) => string;

/** x · Φ(x). Source: Hendrycks and Gimpel 2016, arXiv:1606.08415, section 2. */
const addGelu: AddActivation = (graph, x) => {
  const erf = graph.node('Erf', [graph.node('Mul', [x, graph.scalar(Math.SQRT1_2)])]);
  return half(graph, x, erf);
};

/** The tanh form of the same section. */
const addGeluTanh: AddActivation = (graph, x) => {
  const cube = graph.node('Mul', [graph.node('Mul', [x, x]), x]);
  const inner = graph.node('Add', [x, graph.node('Mul', [cube, graph.scalar(0.044715)])]);
  return half(
    graph,
    x,
    graph.node('Tanh', [graph.node('Mul', [inner, graph.scalar(Math.sqrt(2 / Math.PI))])]),
  );
};

/** ½ · x · (1 + y). */
function half(graph: GraphBuilder, x: string, y: string): string {
  const share = graph.node('Mul', [graph.node('Add', [y, graph.scalar(1)]), graph.scalar(0.5)]);
  return graph.node('Mul', [x, share]);
}

export const activations: Readonly<Record<Activation, AddActivation>> = {
  silu: (graph, x) => graph.node('Mul', [x, graph.node('Sigmoid', [x])]),
  gelu: addGelu,
  'gelu-tanh': addGeluTanh,
  relu: (graph, x) => graph.node('Relu', [x]),
};

/**
 * ln(1 + eˣ) = max(x, 0) + ln(1 + u), u = e^−|x|. ONNX Runtime's own Softplus took eight times as long. With y = 1 + u
 * rounded, ln(1 + u) = u · ln(y) / (y − 1) to full precision; where y is 1, u is below float32's step at 1 and left out.
 */
export const addSoftplus: AddActivation = (graph, x) => {
  const u = graph.node('Exp', [graph.node('Neg', [graph.node('Abs', [x])])]);
  const y = graph.node('Add', [u, graph.scalar(1)]);
  const step = graph.node('Max', [graph.node('Sub', [y, graph.scalar(1)]), graph.scalar(1e-30)]);
  const logarithm = graph.node('Mul', [u, graph.node('Div', [graph.node('Log', [y]), step])]);
  return graph.node('Add', [graph.node('Relu', [x]), logarithm]);
};
