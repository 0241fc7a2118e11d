/** Random layers with inputs that are correlated and of uneven size, as those of language models are. */
import { type ChannelStatistics, ChannelSum } from '../../../eval/math/channel-sum.ts';
import { Hessian } from '../../../eval/math/hessian.ts';
import { createRng } from '../../../eval/math/rng.ts';
import type { DenseLinear } from '../../../eval/methods/method.ts';

export interface Sample {
  readonly linear: DenseLinear;
  readonly hessian: Hessian;
  readonly channels: ChannelStatistics;
}

/** @param dead input columns that are zero throughout */
export function sampleLayer(N: number, K: number, seed: number, dead: readonly number[] = []): Sample {
  const rng = createRng(seed);
  const weight = Float32Array.from({ length: N * K }, () => 0.05 * rng.normal());
  const size = Array.from({ length: K }, (_, k) => (dead.includes(k) ? 0 : Math.exp(rng.normal())));
  const values = new Float64Array(K * K);
  const tokens = 2 * K;
  const channels = new ChannelSum(K);
  for (let t = 0; t < tokens; t++) {
    const common = rng.normal();
    const x = size.map((s) => Math.fround(s * (rng.normal() + 0.7 * common)));
    channels.add(Float32Array.from(x), 1);
    for (let i = 0; i < K; i++) for (let j = 0; j < K; j++) values[i * K + j] += (2 / 8) * x[i] * x[j];
  }
  const linear = { name: 'model.layers.0.mlp.up_proj', weight, N, K };
  return { linear, hessian: new Hessian(values, K), channels: channels.finish() };
}

/** Σ over rows of d·H·dᵀ for d = w − ŵ: the squared error of the layer's output on its calibration data. */
export function outputError(
  { linear: { weight, N, K }, hessian }: Pick<Sample, 'linear' | 'hessian'>,
  restored: Float32Array,
): number {
  let sum = 0;
  for (let n = 0; n < N; n++) {
    const d = Array.from({ length: K }, (_, k) => weight[n * K + k] - restored[n * K + k]);
    for (let i = 0; i < K; i++) for (let j = 0; j < K; j++) sum += d[i] * hessian.values[i * K + j] * d[j];
  }
  return sum;
}
