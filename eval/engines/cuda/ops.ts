/** The operations of the kernel library as the engine calls them: matrices instead of loose numbers. */
import type { Activation, Norm } from '../../families/architecture.ts';
import type { ForwardGrid } from '../forward-quantizer.ts';
import { BL } from './kernels.gen.ts';
import type { Kernels } from './kernels.ts';
import { columns, type Dtype, type Matrix, type Vectors } from './matrix.ts';

export const ACTIVATIONS: Readonly<Record<Activation, number>> = {
  silu: BL.SILU,
  gelu: BL.GELU,
  'gelu-tanh': BL.GELU_TANH,
  relu: BL.RELU,
};
export const NORMS: Readonly<Record<Norm['kind'], number>> = { rms: BL.RMS, layer: BL.LAYER };
const RANGES: Readonly<Record<ForwardGrid['range'], number>> = {
  zero: BL.RANGE_ZERO,
  minmax: BL.RANGE_MINMAX,
};
/** To bl_round_groups: every value is rounded. */
const NO_OUTLIERS = 0;
/** The fastest implementation that fits. */
const BEST_RUNG = -1;

export interface AttentionShape {
  readonly heads: number;
  readonly kvHeads: number;
  readonly keyDim: number;
  readonly valueDim: number;
  readonly scale: number;
  /** 0 for none, as for the window. */
  readonly softCap: number;
  readonly window: number;
  /** Address of float32 `[heads]`, or 0. */
  readonly slopes: number;
  /** Above 0: slopes are without the factor, and their products are rounded to bfloat16 before it. */
  readonly roundedFactor: number;
}

/** Device addresses; a bias of 0 is none. */
export interface WeightAndBias {
  readonly weight: number;
  readonly bias: number;
}

/** Where cosines and sines are, float32 `[rows, half]`, and the row of each token. */
export interface Rotation {
  readonly rows: number;
  readonly cos: number;
  readonly sin: number;
  readonly half: number;
  readonly interleaved: boolean;
}

export class Ops {
  /** For what has no matrix in it. */
  readonly kernels: Kernels;
  readonly dtype: Dtype;

  constructor(kernels: Kernels, dtype: Dtype) {
    this.kernels = kernels;
    this.dtype = dtype;
  }

  /** out `[M, N]` (+)= x `[M, K]` · wᵀ, w contiguous `[N, K]` of x's type. */
  matmul(x: Matrix, w: number, out: Matrix, M: number, N: number, K: number, accumulate = false): void {
    this.kernels.matmul({
      ...{ dtype: x.dtype, x: x.at, xStride: x.stride, w },
      ...{ out: out.at, outDtype: out.dtype, outStride: out.stride },
      ...{ M, N, K, accumulate: Number(accumulate) },
    });
  }

  /** out `[M, N]` (+)= x `[M, K]` · wᵀ + bias; a bias of 0 is none. */
  linear(
    x: Matrix,
    { weight, bias }: WeightAndBias,
    out: Matrix,
    [M, N, K]: readonly [number, number, number],
    accumulate = false,
  ): void {
    this.matmul(x, weight, out, M, N, K, accumulate);
    if (bias !== 0) this.bias(out, bias, M, N);
  }

  /** out `[M, N]` = act(gate) ⊙ up for the rows of gate, then those of up; `both` `[M, 2N]` is room for their products. */
  gatedLinear(
    activation: Activation,
    x: Matrix,
    weights: WeightAndBias,
    both: Matrix,
    out: Matrix,
    [M, N, K]: readonly [number, number, number],
  ): void {
    this.linear(x, weights, both, [M, 2 * N, K]);
    this.glu(activation, both, columns(both, N), out, M, N);
  }

  bias(x: Matrix, bias: number, M: number, N: number): void {
    this.kernels.bias({ dtype: x.dtype, x: x.at, xStride: x.stride, bias, M, N });
  }

  /** Norm of `outer` rows of `inner` vectors; in place is allowed. */
  norm(
    norm: Norm,
    { weight, bias }: WeightAndBias,
    x: Vectors,
    out: Vectors,
    outer: number,
    inner: number,
    width: number,
  ): void {
    this.kernels.norm({
      ...{ kind: NORMS[norm.kind], eps: norm.eps, weight, bias },
      ...{ xDtype: x.dtype, x: x.at, xOuter: x.stride, xInner: x.inner },
      ...{ outDtype: out.dtype, out: out.at, outOuter: out.stride, outInner: out.inner },
      ...{ unitOffset: Number(norm.kind === 'rms' && norm.unitOffset), outer, inner, width },
    });
  }

  /** to float32 += from. */
  add(to: Matrix, from: Matrix, M: number, width: number): void {
    this.kernels.add({
      ...{ to: to.at, toStride: to.stride, fromDtype: from.dtype, from: from.at, fromStride: from.stride },
      ...{ factor: 1, M, width },
    });
  }

  /** Copies `outer` rows of `inner` vectors with conversion. */
  move(x: Vectors, out: Vectors, outer: number, inner: number, width: number): void {
    this.kernels.move({
      ...{ xDtype: x.dtype, x: x.at, xOuter: x.stride, xInner: x.inner },
      ...{ outDtype: out.dtype, out: out.at, outOuter: out.stride, outInner: out.inner },
      ...{ outer, inner, width },
    });
  }

  /** Copies rows with conversion. */
  moveRows(x: Matrix, out: Matrix, M: number, width: number): void {
    this.move({ ...x, inner: 0 }, { ...out, inner: 0 }, M, 1, width);
  }

  /** In place. */
  activate(activation: Activation, x: Matrix, M: number, width: number): void {
    const place = { x: x.at, xStride: x.stride, out: x.at, outStride: x.stride };
    this.kernels.activate({ dtype: x.dtype, activation: ACTIVATIONS[activation], ...place, M, width });
  }

  glu(activation: Activation, gate: Matrix, up: Matrix, out: Matrix, M: number, width: number): void {
    this.kernels.glu({
      ...{ dtype: gate.dtype, activation: ACTIVATIONS[activation], M, width },
      ...{ gate: gate.at, gateStride: gate.stride, up: up.at, upStride: up.stride },
      ...{ out: out.at, outStride: out.stride },
    });
  }

  /** In place. */
  rope(x: Vectors, rotation: Rotation, T: number, heads: number): void {
    this.kernels.rope({
      ...{ dtype: x.dtype, x: x.at, tokenStride: x.stride, headStride: x.inner },
      ...{ ...rotation, interleaved: Number(rotation.interleaved), T, heads },
    });
  }

  /** Rounds `outer` rows of `inner` vectors of `width` in groups of `G`, in place. */
  roundGroups(grid: ForwardGrid, x: Vectors, outer: number, inner: number, width: number, G: number): void {
    const { rotation } = grid;
    if (rotation !== null) {
      this.kernels.roundRotated({
        ...{ dtype: x.dtype, x: x.at, xOuter: x.stride, xInner: x.inner, outer, inner, width, G },
        ...{ bits: grid.bits, range: RANGES[grid.range], symmetric: Number(grid.symmetric) },
        ...{ clip: grid.clip, seed: rotation },
      });
      return;
    }
    this.kernels.roundGroups({
      ...{ dtype: x.dtype, x: x.at, xOuter: x.stride, xInner: x.inner, outer, inner, width, G },
      ...{ bits: grid.bits, range: RANGES[grid.range], symmetric: Number(grid.symmetric) },
      ...{ clip: grid.clip, outliers: grid.outliers ?? NO_OUTLIERS },
    });
  }

  attention(
    q: Matrix,
    k: Matrix,
    v: Matrix,
    out: Matrix,
    shape: AttentionShape,
    segments: { readonly at: number; readonly count: number; readonly maxQueries: number },
  ): void {
    const { heads, kvHeads, keyDim, valueDim, scale, softCap, window, slopes, roundedFactor } = shape;
    this.kernels.attention({
      ...{ dtype: q.dtype, q: q.at, qStride: q.stride, k: k.at, kStride: k.stride },
      ...{ v: v.at, vStride: v.stride, out: out.at, outStride: out.stride },
      ...{ heads, kvHeads, qkDim: keyDim, vDim: valueDim, scale, softCap, window, slopes, roundedFactor },
      ...{ segments: segments.at, S: segments.count, maxQueries: segments.maxQueries, rung: BEST_RUNG },
    });
  }
}

/** Kernels that do nothing: to find out what work would need. */
export const noKernels: Kernels = new Proxy({} as Kernels, { get: () => () => undefined });
