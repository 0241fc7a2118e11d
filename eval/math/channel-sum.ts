/** First-order statistics of each input channel of a linear layer. */

/** Float64 `[K]` each, over all calibration tokens that reached the linear. */
export interface ChannelStatistics {
  readonly K: number;
  /** 0 where no token came, as of an expert that none went to; all statistics are 0 then. */
  readonly tokens: number;
  readonly meanAbs: Float64Array;
  readonly maxAbs: Float64Array;
  readonly meanSquare: Float64Array;
}

/** Sums in float64, row by row. */
export class ChannelSum {
  readonly #K: number;
  readonly #abs: Float64Array;
  readonly #max: Float64Array;
  readonly #square: Float64Array;
  #tokens = 0;

  constructor(K: number) {
    this.#K = K;
    this.#abs = new Float64Array(K);
    this.#max = new Float64Array(K);
    this.#square = new Float64Array(K);
  }

  /** @param inputs float32 `[M, K]` */
  add(inputs: Float32Array, M: number): void {
    for (let m = 0, i = 0; m < M; m++) {
      for (let k = 0; k < this.#K; k++, i++) {
        const abs = Math.abs(inputs[i]);
        this.#abs[k] += abs;
        this.#square[k] += abs * abs;
        // A NaN stays visible: it fails every comparison but spreads through Math.max.
        this.#max[k] = Math.max(this.#max[k], abs);
      }
    }
    this.#tokens += M;
  }

  finish(): ChannelStatistics {
    const share = this.#tokens === 0 ? 0 : 1 / this.#tokens;
    return {
      K: this.#K,
      tokens: this.#tokens,
      meanAbs: this.#abs.map((sum) => sum * share),
      maxAbs: this.#max.slice(),
      meanSquare: this.#square.map((sum) => sum * share),
    };
  }
}

/** Of inputs divided by positive factors, float64 `[K]`. */
export function dividedChannels(channels: ChannelStatistics, factors: Float64Array): ChannelStatistics {
  const divide = (values: Float64Array, power: number) =>
    values.map((value, k) => value / factors[k] ** power);
  return {
    ...channels,
    meanAbs: divide(channels.meanAbs, 1),
    maxAbs: divide(channels.maxAbs, 1),
    meanSquare: divide(channels.meanSquare, 2),
  };
}
