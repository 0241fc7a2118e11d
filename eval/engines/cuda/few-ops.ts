/**
 * The operations of a decode step: few rows, so that reading the weights is nearly all of the work. Each linear is one
 * launch with its bias and its gate, in one pass over the weights.
 */
import type { Activation, Norm } from '../../families/architecture.ts';
import type { Matrix, Vectors } from './matrix.ts';
import { F32 } from './matrix.ts';
import { ACTIVATIONS, NORMS, Ops, type WeightAndBias } from './ops.ts';

const NO_ACTIVATION = -1;

export class FewOps extends Ops {
  override matmul(
    x: Matrix,
    w: number,
    out: Matrix,
    M: number,
    N: number,
    K: number,
    accumulate = false,
  ): void {
    this.linear(x, { weight: w, bias: 0 }, out, [M, N, K], accumulate);
  }

  override linear(
    x: Matrix,
    weights: WeightAndBias,
    out: Matrix,
    size: readonly [number, number, number],
    accumulate = false,
  ): void {
    this.#linear(x, weights, out, size, { accumulate, activation: NO_ACTIVATION, gated: false });
  }

  override gatedLinear(
    activation: Activation,
    x: Matrix,
    weights: WeightAndBias,
    _both: Matrix,
    out: Matrix,
    size: readonly [number, number, number],
  ): void {
    this.#linear(x, weights, out, size, {
      accumulate: false,
      activation: ACTIVATIONS[activation],
      gated: true,
    });
  }

  override norm(
    norm: Norm,
    weights: WeightAndBias,
    x: Vectors,
    out: Vectors,
    outer: number,
    inner: number,
    width: number,
  ): void {
    if (inner !== 1 || x.dtype !== F32) {
      super.norm(norm, weights, x, out, outer, inner, width);
      return;
    }
    this.kernels.decodeNorm({
      ...{
        kind: NORMS[norm.kind],
        eps: norm.eps,
        unitOffset: Number(norm.kind === 'rms' && norm.unitOffset),
      },
      ...{ dtype: out.dtype, x: x.at, xStride: x.stride, out: out.at, outStride: out.stride },
      ...{ ...weights, B: outer, width },
    });
  }

  #linear(
    x: Matrix,
    { weight, bias }: WeightAndBias,
    out: Matrix,
    [B, N, K]: readonly [number, number, number],
    how: { readonly accumulate: boolean; readonly activation: number; readonly gated: boolean },
  ): void {
    this.kernels.decodeLinear({
      ...{ dtype: x.dtype, x: x.at, xStride: x.stride, w: weight, bias },
      ...{ out: out.at, outDtype: out.dtype, outStride: out.stride, B, N, K },
      ...{ accumulate: Number(how.accumulate), activation: how.activation, gated: Number(how.gated) },
    });
  }
}
