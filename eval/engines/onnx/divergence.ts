/** How far two sets of next-token distributions are apart that one head makes, over tiles of the vocabulary. */
import type { Divergence } from '../engine.ts';

/** One vocabulary tile of two distributions p and q for R rows, each float32 `[R]`; outputs of `divergenceGraph`. */
export interface TileComparison {
  /** ln Σ eᶻ of the logits of p and of q. */
  readonly logSumExpP: Float32Array;
  readonly logSumExpQ: Float32Array;
  /** Mean of (logit of p − logit of q) under the p of this tile. */
  readonly difference: Float32Array;
  readonly highestP: Float32Array;
  readonly highestQ: Float32Array;
  readonly argMaxP: Int32Array;
  readonly argMaxQ: Int32Array;
}

/**
 * Adds up tiles. With all of the vocabulary seen, Σ p·(ln p − ln q) = mean difference of the logits under p
 * − (ln Σ eᶻ of p − ln Σ eᶻ of q). Two equal distributions give exactly 0; float32 logits leave some 1e-6 nats of error.
 */
export class DivergenceSum {
  readonly #logSumExpP: Float64Array;
  readonly #logSumExpQ: Float64Array;
  readonly #difference: Float64Array;
  readonly #bestP: Best;
  readonly #bestQ: Best;

  constructor(rows: number) {
    this.#logSumExpP = new Float64Array(rows).fill(Number.NEGATIVE_INFINITY);
    this.#logSumExpQ = new Float64Array(rows).fill(Number.NEGATIVE_INFINITY);
    this.#difference = new Float64Array(rows);
    this.#bestP = new Best(rows);
    this.#bestQ = new Best(rows);
  }

  /**
   * @param first  row to which the first row of the tile belongs
   * @param from   token of the tile's first column; tiles come in order
   */
  add(tile: TileComparison, first: number, from: number): void {
    for (let i = 0; i < tile.difference.length; i += 1) {
      const row = first + i;
      const total = addLogs(this.#logSumExpP[row], tile.logSumExpP[i]);
      this.#difference[row] =
        this.#difference[row] * Math.exp(this.#logSumExpP[row] - total) +
        tile.difference[i] * Math.exp(tile.logSumExpP[i] - total);
      this.#logSumExpP[row] = total;
      this.#logSumExpQ[row] = addLogs(this.#logSumExpQ[row], tile.logSumExpQ[i]);
      this.#bestP.add(row, tile.highestP[i], from + tile.argMaxP[i]);
      this.#bestQ.add(row, tile.highestQ[i], from + tile.argMaxQ[i]);
    }
  }

  finish(): Divergence {
    return {
      klNats: this.#difference.map((value, row) => value - (this.#logSumExpP[row] - this.#logSumExpQ[row])),
      isSameTop: Uint8Array.from(this.#bestP.tokens, (token, row) =>
        Number(token === this.#bestQ.tokens[row]),
      ),
    };
  }
}

/** The most probable token of each row; of equals the lowest id. */
class Best {
  readonly tokens: Int32Array;
  readonly #highest: Float32Array;

  constructor(rows: number) {
    this.tokens = new Int32Array(rows);
    this.#highest = new Float32Array(rows).fill(Number.NEGATIVE_INFINITY);
  }

  add(row: number, highest: number, token: number): void {
    if (highest <= this.#highest[row]) return;
    this.#highest[row] = highest;
    this.tokens[row] = token;
  }
}

/** ln(eᵃ + eᵇ). */
function addLogs(a: number, b: number): number {
  const high = Math.max(a, b);
  return high + Math.log1p(Math.exp(Math.min(a, b) - high));
}
