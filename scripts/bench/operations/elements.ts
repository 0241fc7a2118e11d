/** What stands between matrix products: bound by memory. */
import { BL } from '../../../eval/engines/cuda/kernels.gen.ts';
import { type Operation, SIZE } from './operation.ts';

const TOKENS = 16384;
const HIDDEN = 4096;
const INNER = 14336;
const HEADS = 40;
const DIM = 128;
const HEAD_ROWS = 4096;
const HEAD_TILE = 8192;

const norm: Operation = {
  name: 'norm',
  shape: `[${TOKENS}, ${HIDDEN}] float32 to bf16`,
  work: { bytes: TOKENS * HIDDEN * (SIZE.f32 + SIZE.bf16) },
  prepare({ random, filled, kernels }) {
    const from = { xDtype: BL.F32, x: random('f32', TOKENS * HIDDEN), xOuter: HIDDEN, xInner: HIDDEN };
    const out = filled(TOKENS * HIDDEN * SIZE.bf16);
    const to = { outDtype: BL.BF16, out, outOuter: HIDDEN, outInner: HIDDEN };
    const rule = { kind: BL.RMS, weight: random('f32', HIDDEN), bias: 0, eps: 1e-5, unitOffset: 0 };
    return () => kernels.norm({ ...rule, ...from, ...to, outer: TOKENS, inner: 1, width: HIDDEN });
  },
};

const add: Operation = {
  name: 'add',
  shape: `[${TOKENS}, ${HIDDEN}] bf16 to float32`,
  work: { bytes: TOKENS * HIDDEN * (2 * SIZE.f32 + SIZE.bf16) },
  prepare({ random, kernels }) {
    const to = { to: random('f32', TOKENS * HIDDEN), toStride: HIDDEN };
    const from = { fromDtype: BL.BF16, from: random('bf16', TOKENS * HIDDEN), fromStride: HIDDEN };
    return () => kernels.add({ ...to, ...from, factor: 1, M: TOKENS, width: HIDDEN });
  },
};

const glu: Operation = {
  name: 'glu',
  shape: `[${TOKENS}, ${INNER}] bf16`,
  work: { bytes: 3 * TOKENS * INNER * SIZE.bf16 },
  prepare({ random, filled, kernels }) {
    const gate = random('bf16', 2 * TOKENS * INNER);
    const up = gate + INNER * SIZE.bf16;
    const out = filled(TOKENS * INNER * SIZE.bf16);
    const strides = { gateStride: 2 * INNER, upStride: 2 * INNER, outStride: INNER };
    const rule = { dtype: BL.BF16, activation: BL.SILU, M: TOKENS, width: INNER };
    return () => kernels.glu({ ...rule, ...strides, gate, up, out });
  },
};

const rope: Operation = {
  name: 'rope',
  shape: `${TOKENS} tokens, ${HEADS} heads of ${DIM}, bf16`,
  work: { bytes: 2 * TOKENS * HEADS * DIM * SIZE.bf16 },
  prepare({ random, upload, kernels }) {
    const half = DIM / 2;
    const x = random('bf16', TOKENS * HEADS * DIM);
    const [cos, sin] = [0, 1].map(() => random('f32', 2048 * half, 0.5)) as [number, number];
    const rows = upload(Int32Array.from({ length: TOKENS }, (_, token) => token % 2048));
    const layout = { tokenStride: HEADS * DIM, headStride: DIM, half, interleaved: 0 };
    return () => kernels.rope({ dtype: BL.BF16, ...layout, x, rows, cos, sin, T: TOKENS, heads: HEADS });
  },
};

const headUpdate: Operation = {
  name: 'head_update',
  shape: `${HEAD_ROWS} rows, a tile of ${HEAD_TILE} tokens, float32`,
  work: { bytes: HEAD_ROWS * HEAD_TILE * SIZE.f32 },
  prepare({ random, filled, kernels }) {
    const tile = {
      logits: random('f32', HEAD_ROWS * HEAD_TILE, 3),
      stride: HEAD_TILE,
      R: HEAD_ROWS,
      width: HEAD_TILE,
    };
    const state = {
      highest: filled(HEAD_ROWS * SIZE.f32),
      sum: filled(HEAD_ROWS * SIZE.f64),
      best: filled(HEAD_ROWS * SIZE.f32),
    };
    return () => kernels.headUpdate({ ...tile, ...state, first: 0, bias: 0, softCap: 0 });
  },
};

export const elementOperations: readonly Operation[] = [norm, add, glu, rope, headUpdate];
