/** The second-order statistic of the inputs of a linear layer, and the factor of its inverse that GPTQ works with. */
import { upperFactorOfInverse } from './triangular.ts';

export interface HessianFactor {
  /** `[K]`: the original column visited at each step. */
  readonly order: Uint32Array;
  /** Columns whose input was always zero. */
  readonly dead: readonly number[];
  /** Upper triangular `[K, K]`, rows and columns in visiting order, Uᵀ·U = H⁻¹; null where no damping sufficed. */
  readonly upper: Float64Array | null;
  /** The damping of `upper`: the one asked for, or a larger one. */
  readonly damping: number;
}

/** Each retry multiplies the damping by 10; the reference code has none and fails. */
export const DAMPING_RETRIES = 6;
const RETRY_FACTOR = 10;
/** First retry after a damping of 0: the default of Frantar et al. */
const DEFAULT_DAMPING = 0.01;

/** What is tried after a damping that did not suffice. */
export function largerDamping(tried: number): number {
  return tried === 0 ? DEFAULT_DAMPING : tried * RETRY_FACTOR;
}

/** H = (2/n)·Σ XᵀX over n calibration sequences, float64 `[K, K]`, symmetric. */
export class Hessian {
  readonly K: number;
  readonly values: Float64Array;
  #last: { readonly key: string; readonly factor: HessianFactor } | null = null;

  constructor(values: Float64Array, K: number) {
    if (values.length !== K * K)
      throw new RangeError(`[hessian] K = ${K} needs ${K * K} values, got ${values.length}.`);
    this.values = values;
    this.K = K;
  }

  /** True where no input was ever seen, as of an expert that no token of the calibration data went to. */
  get isEmpty(): boolean {
    return this.values.every((value) => value === 0);
  }

  /** H_jj, `[K]`. */
  diagonal(): Float64Array {
    return Float64Array.from({ length: this.K }, (_, i) => this.values[i * this.K + i]);
  }

  /** H of inputs divided by factors, float64 `[K]`: H_ij / (s_i·s_j). */
  dividedBy(factors: Float64Array): Hessian {
    const { K, values } = this;
    const inverses = factors.map((factor) => 1 / factor);
    const divided = new Float64Array(K * K);
    for (let i = 0; i < K; i++)
      for (let j = 0; j < K; j++) divided[i * K + j] = values[i * K + j] * (inverses[i] * inverses[j]);
    return new Hessian(divided, K);
  }

  /**
   * Prepares H and factorizes it; the latest answer is kept, so linears with the same input share the work.
   * Steps, in the order of the reference code: a column with H_ii = 0 is dead and gets H_ii = 1; with `actOrder` columns
   * are sorted by H_ii, largest first, equal ones in their original order; damping · mean(H_ii) is added to the diagonal.
   * Source: Frantar et al. 2022, arXiv:2210.17323, §3.3 and reference code.
   */
  factor(damping: number, actOrder: boolean): HessianFactor {
    const key = `${damping} ${actOrder}`;
    if (this.#last?.key !== key) this.#last = { key, factor: this.#factorize(damping, actOrder) };
    return this.#last.factor;
  }

  /** What was factorized, float64 `[K, K]`: prepared, in visiting order, and with its damping. */
  factorized({ order, damping }: HessianFactor): Float64Array {
    const { diagonal, mean } = this.#prepare();
    return this.#damped(order, diagonal, damping * mean);
  }

  /** Dead columns get H_ii = 1. */
  #prepare(): { readonly diagonal: Float64Array; readonly dead: readonly number[]; readonly mean: number } {
    const diagonal = this.diagonal();
    const dead = [...diagonal.keys()].filter((i) => diagonal[i] === 0);
    for (const i of dead) diagonal[i] = 1;
    return { diagonal, dead, mean: diagonal.reduce((sum, value) => sum + value, 0) / this.K };
  }

  #factorize(damping: number, actOrder: boolean): HessianFactor {
    const { diagonal, dead, mean } = this.#prepare();
    const order = Uint32Array.from(diagonal.keys());
    if (actOrder) order.sort((a, b) => diagonal[b] - diagonal[a] || a - b);
    if (!Number.isFinite(mean))
      return { order: Uint32Array.from(diagonal.keys()), dead, upper: null, damping };
    let tried = damping;
    for (let attempt = 0; ; attempt++) {
      const upper = upperFactorOfInverse(this.#damped(order, diagonal, tried * mean), this.K);
      if (upper !== null || attempt === DAMPING_RETRIES) return { order, dead, upper, damping: tried };
      tried = largerDamping(tried);
    }
  }

  /** H with rows and columns in visiting order and something added to its diagonal. */
  #damped(order: Uint32Array, diagonal: Float64Array, added: number): Float64Array {
    const { K, values } = this;
    const damped = new Float64Array(K * K);
    for (let i = 0; i < K; i++) {
      const row = order[i] * K;
      for (let j = 0; j < K; j++) damped[i * K + j] = values[row + order[j]];
      damped[i * K + i] = diagonal[order[i]] + added;
    }
    return damped;
  }
}

/** Sums float32 Gram matrices in float64. */
export class HessianSum {
  readonly #K: number;
  readonly #sum: Float64Array;

  constructor(K: number) {
    this.#K = K;
    this.#sum = new Float64Array(K * K);
  }

  /** @param gram XᵀX of some inputs, float32 `[K, K]` */
  add(gram: Float32Array): void {
    const sum = this.#sum;
    for (let i = 0; i < sum.length; i++) sum[i] += gram[i];
  }

  /** Symmetrized, scaled by 2 / sequences. The sum must not be used after this. */
  finish(sequences: number): Hessian {
    const sum = this.#sum;
    const K = this.#K;
    for (let i = 0; i < K; i++) {
      for (let j = i; j < K; j++) {
        const value = (sum[i * K + j] + sum[j * K + i]) / sequences;
        sum[i * K + j] = value;
        sum[j * K + i] = value;
      }
    }
    return new Hessian(sum, K);
  }
}
