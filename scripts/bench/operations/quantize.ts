/** Rounding, packing and expanding weights. */
import { BL } from '../../../eval/engines/cuda/kernels.gen.ts';
import { type Operation, SIZE } from './operation.ts';

const [N, K, G] = [14336, 4096, 128];
const GROUPS = (N * K) / G;

const roundWeights: Operation = {
  name: 'round_weights',
  shape: `[${N}, ${K}] bf16, 4 bits, group ${G}`,
  work: { bytes: N * K * (SIZE.bf16 + 1) },
  prepare({ random, filled, kernels }) {
    const w = random('bf16', N * K, 0.02);
    const to = { codes: filled(N * K), scales: filled(GROUPS * 4), zeros: filled(GROUPS * 2) };
    const grid = { G, bits: 4, symmetric: 0, range: BL.RANGE_ZERO, mse: 0, importance: 0 };
    return () => kernels.roundWeights({ dtype: BL.BF16, w, N, K, ...grid, ...to });
  },
};

const pack: Operation = {
  name: 'pack',
  shape: `[${N}, ${K}], 3 bits`,
  work: { bytes: N * K * (1 + 3 / 8) },
  prepare({ filled, kernels }) {
    const codes = filled(N * K, 5);
    const packed = filled(N * K);
    return () => kernels.pack({ codes, N, K, bits: 3, packed });
  },
};

const dequantize: Operation = {
  name: 'dequantize',
  shape: `[${N}, ${K}] to bf16, group ${G}`,
  work: { bytes: N * K * (1 + SIZE.bf16) },
  prepare({ random, filled, kernels }) {
    const from = { codes: filled(N * K, 5), scales: random('f32', GROUPS, 0.01), zeros: filled(GROUPS * 2) };
    const out = filled(N * K * SIZE.bf16);
    return () => kernels.dequantize({ ...from, groupOfColumn: 0, N, K, G, dtype: BL.BF16, out });
  },
};

export const quantizeOperations: readonly Operation[] = [roundWeights, pack, dequantize];
