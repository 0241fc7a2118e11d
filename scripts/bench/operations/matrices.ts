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

function product(name: 'matmul' | 'matmul_few', M: number, [N, K]: Shape, part: string): Operation {
  const flops = 2 * M * N * K;
  const bytes = SIZE.bf16 * (M * K + N * K + M * N);
  const types = { dtype: BL.BF16, outDtype: BL.BF16, accumulate: 0 };
  return {
    name,
    shape: `${part}: M ${M}, N ${N}, K ${K}`,
    work: name === 'matmul' ? { flops } : { bytes },
    prepare({ random, filled, kernels }) {
      const x = random('bf16', M * K);
      const w = random('bf16', N * K, 0.02);
      const out = filled(M * N * SIZE.bf16);
      const multiply = name === 'matmul' ? kernels.matmul : kernels.matmulFew;
      return () => multiply({ ...types, x, xStride: K, w, out, outStride: N, M, N, K });
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
  ...Object.entries(FUSED).map(([part, shape]) => product('matmul', TOKENS, shape, part)),
  headTile,
  ...Object.entries(FUSED).map(([part, shape]) => product('matmul_few', 1, shape, part)),
  product('matmul_few', 8, FUSED['gate+up'], 'gate+up'),
  gram(HIDDEN),
  gram(INNER),
];
