/** Scaling of matrices in TypeScript: the reference for every other place where it is done. */
import type { DenseLinear } from './operations.ts';
import type { RescalingOperations, ScaleFactors } from './rescaling.ts';

export const cpuRescaling: RescalingOperations = {
  scale: async (linear, factors) => scaled(linear, factors),
  columnMaxima: async (linear) => columnMaxima(linear),
};

function scaled({ name, weight, N, K }: DenseLinear, { columns, rows }: ScaleFactors): DenseLinear {
  const out = new Float32Array(N * K);
  for (let n = 0; n < N; n++) {
    const row = rows === null ? 1 : rows[n];
    for (let k = 0; k < K; k++)
      out[n * K + k] = weight[n * K + k] * (columns === null ? 1 : columns[k]) * row;
  }
  return { name, weight: out, N, K };
}

function columnMaxima({ weight, K }: DenseLinear): Float64Array {
  const maxima = new Float64Array(K);
  for (let i = 0; i < weight.length; i++) {
    const abs = Math.abs(weight[i]);
    // A NaN stays visible: it fails every comparison but spreads through Math.max.
    maxima[i % K] = Math.max(maxima[i % K], abs);
  }
  return maxima;
}
