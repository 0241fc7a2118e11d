/** Normalization layers by kind. */
import type { LayerNorm, Norm, RmsNorm } from '../../../families/architecture.ts';
import type { GraphBuilder } from '../graph.ts';

/**
 * Normalizes the last dimension, of `size` values; the weight enters as `name`, a bias as `name.bias`.
 * @returns float32 of the shape of `x`; `x` itself where the norm is null
 */
export function addNorm(
  graph: GraphBuilder,
  x: string,
  name: string,
  norm: Norm | null,
  size: number,
): string {
  if (norm === null) return x;
  const weight = graph.input(name, 'float32', [size]);
  return norm.kind === 'rms' ? addRms(graph, x, weight, norm) : addLayer(graph, x, weight, norm, size);
}

/** x / √(mean(x²) + ε) · weight. Source: Zhang and Sennrich 2019, arXiv:1910.07467, equation 4. */
function addRms(graph: GraphBuilder, x: string, weight: string, { eps, unitOffset }: RmsNorm): string {
  const factor = unitOffset ? graph.node('Add', [weight, graph.scalar(1)]) : weight;
  // This name is ONNX Runtime's own; it computes RMSNorm in one pass.
  return graph.node('SimplifiedLayerNormalization', [x, factor], {
    axis: { int: -1 },
    epsilon: { float: eps },
  });
}

/** (x − mean) / √(variance + ε) · weight + bias. Source: Ba et al. 2016, arXiv:1607.06450, equation 4. */
function addLayer(
  graph: GraphBuilder,
  x: string,
  weight: string,
  { bias, eps }: LayerNorm,
  size: number,
): string {
  const inputs = [x, weight];
  if (bias !== null) inputs.push(graph.input(`${weight}.bias`, 'float32', [size]));
  return graph.node('LayerNormalization', inputs, { axis: { int: -1 }, epsilon: { float: eps } });
}
