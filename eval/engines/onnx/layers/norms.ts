/** Normalization layers by kind. */
import type { Norm } from '../../../families/architecture.ts';
import type { GraphBuilder } from '../graph.ts';

/** @returns float32 `[M, H]` from `x` `[M, H]`; the weight enters as `name` */
export type AddNorm = (
  graph: GraphBuilder,
  x: string,
  name: string,
  norm: Norm,
  hiddenSize: number,
) => string;

/** x / √(mean(x²) + ε) · weight. Source: Zhang and Sennrich 2019, arXiv:1910.07467, equation 4. */
const addRmsNorm: AddNorm = (graph, x, name, { eps }, hiddenSize) => {
  const weight = graph.input(name, 'float32', [hiddenSize]);
  // This name is ONNX Runtime's own; it computes RMSNorm in one pass.
  return graph.node('SimplifiedLayerNormalization', [x, weight], {
    axis: { int: -1 },
    epsilon: { float: eps },
  });
};

export const norms: Readonly<Record<Norm['kind'], AddNorm>> = { rms: addRmsNorm };
