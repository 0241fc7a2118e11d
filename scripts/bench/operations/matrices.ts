/** Matrix products: blocks of a forward pass, single rows as in decoding, and Gram matrices. */
import { BL } from '../../../eval/engines/cuda/kernels.gen.ts';
import { type Operation, SIZE } from './operation.ts';

const TOKENS = 16384;
const HIDDEN = 4096;
const INNER = 14336;
const HEAD_ROWS = 4096;
const HEAD_TILE = 8192;

/** [N, K] of the fused linears of a block. */
const FUSED = {
  qkv: [6144, HIDDEN],
  o: [HIDDEN, HIDDEN],
  'gate+up': [2 * INNER, HIDDEN],
  down: [HIDDEN, INNER],
} as const;

type Shape = readonly [N: number, K: number];

const TYPES = { dtype: BL.BF16, outDtype: BL.BF16, accumulate: 0 };

function product(M: number, [N, K]: Shape, part: string): Operation {
  return {
    name: 'matmul',
    shape: `${part}: M ${M}, N ${N}, K ${K}`,
    work: { flops: 2 * M * N * K },
    prepare({ random, filled, kernels }) {
      const x = random('bf16', M * K);
      const w = random('bf16', N * K, 0.02);
      const out = filled(M * N * SIZE.bf16);
      return () => kernels.matmul({ ...TYPES, x, xStride: K, w, out, outStride: N, M, N, K });
    },
  };
}

/** The linears of a decode step, without bias and gate. */
function decodeLinear(B: number, [N, K]: Shape, part: string): Operation {
  return {
    name: 'decode_linear',
    shape: `${part}: B ${B}, N ${N}, K ${K}`,
    work: { bytes: SIZE.bf16 * (B * K + N * K + B * N) },
    prepare({ random, filled, kernels }) {
      const x = random('bf16', B * K);
      const w = random('bf16', N * K, 0.02);
      const out = filled(B * N * SIZE.bf16);
      const how = { ...TYPES, bias: 0, activation: -1, gated: 0 };
      return () => kernels.decodeLinear({ ...how, x, xStride: K, w, out, outStride: N, B, N, K });
    },
  };
}

/** One tile of logits, float32. */
const headTile: Operation = {
  name: 'matmul',
  shape: `head tile: M ${HEAD_ROWS}, N ${HEAD_TILE}, K ${HIDDEN}, float32 out`,
  work: { flops: 2 * HEAD_ROWS * HEAD_TILE * HIDDEN },
  prepare({ random, filled, kernels }) {
    const x = random('bf16', HEAD_ROWS * HIDDEN);
    const w = random('bf16', HEAD_TILE * HIDDEN, 0.02);
    const out = filled(HEAD_ROWS * HEAD_TILE * SIZE.f32);
    const types = { dtype: BL.BF16, outDtype: BL.F32, accumulate: 0 };
    const sizes = { xStride: HIDDEN, outStride: HEAD_TILE, M: HEAD_ROWS, N: HEAD_TILE, K: HIDDEN };
    return () => kernels.matmul({ ...types, ...sizes, x, w, out });
  },
};

function gram(K: number): Operation {
  return {
    name: 'gram',
    shape: `M ${TOKENS}, K ${K}`,
    // One triangle is enough.
    work: { flops: TOKENS * K * K },
    prepare({ random, filled, kernels }) {
      const x = random('bf16', TOKENS * K);
      const sum = filled(K * K * SIZE.f32);
      return () => kernels.gram({ dtype: BL.BF16, x, xStride: K, M: TOKENS, K, gram: sum, accumulate: 1 });
    },
  };
}

export const matrixOperations: readonly Operation[] = [
  ...Object.entries(FUSED).map(([part, shape]) => product(TOKENS, shape, part)),
  headTile,
  ...Object.entries(FUSED).map(([part, shape]) => decodeLinear(1, shape, part)),
  decodeLinear(8, FUSED['gate+up'], 'gate+up'),
  gram(HIDDEN),
  gram(INNER),
];
