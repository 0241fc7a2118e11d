/** Mean, spread and tails of a stream of numbers, in one pass. */

export interface MomentsSummary {
  readonly count: number;
  readonly absMax: number;
  readonly mean: number;
  /** √(Σ(x − μ)² / n), of the values themselves, not of a population that they were drawn from. */
  readonly std: number;
  /** E[((x − μ)/σ)⁴]: 3 for a normal distribution, 1.8 for a uniform one; null where all values are equal. */
  readonly kurtosis: number | null;
}

/** Few enough to stay in the nearest cache while they are read twice. */
const BLOCK = 2048;

/**
 * Sums of powers of deviations from the mean, kept in float64. Values are taken in blocks: each block's sums are formed
 * around its own mean, then merged with what came before, so that no large numbers of nearly equal size are subtracted.
 * Source: Pébay 2008, Sandia report SAND2008-6212, equations 2.1 and 3.1 (pairwise merging of moments up to the fourth).
 * Cost: two reads of every value, no memory. A NaN or infinite value makes `mean` NaN or infinite for good.
 */
export class Moments {
  #count = 0;
  #mean = 0;
  #second = 0;
  #third = 0;
  #fourth = 0;
  #absMax = 0;

  get mean(): number {
    return this.#mean;
  }

  add(values: ArrayLike<number>): void {
    for (let from = 0; from < values.length; from += BLOCK) {
      this.merge(Moments.#ofBlock(values, from, Math.min(values.length, from + BLOCK)));
    }
  }

  /** Takes in everything that `other` has seen. */
  merge(other: Moments): void {
    const [a, b] = [this.#count, other.#count];
    if (b === 0) return;
    const n = a + b;
    const delta = other.#mean - this.#mean;
    const step = delta / n;
    const product = delta * step * a * b;
    this.#fourth +=
      other.#fourth +
      product * step * step * (a * a - a * b + b * b) +
      6 * step * step * (a * a * other.#second + b * b * this.#second) +
      4 * step * (a * other.#third - b * this.#third);
    this.#third +=
      other.#third + product * step * (a - b) + 3 * step * (a * other.#second - b * this.#second);
    this.#second += other.#second + product;
    this.#mean += step * b;
    this.#count = n;
    this.#absMax = Math.max(this.#absMax, other.#absMax);
  }

  summary(): MomentsSummary {
    const count = this.#count;
    return {
      count,
      absMax: this.#absMax,
      mean: this.#mean,
      std: count === 0 ? 0 : Math.sqrt(this.#second / count),
      kurtosis: this.#second > 0 ? (count * this.#fourth) / this.#second ** 2 : null,
    };
  }

  static #ofBlock(values: ArrayLike<number>, from: number, to: number): Moments {
    const block = new Moments();
    let sum = 0;
    for (let i = from; i < to; i++) {
      sum += values[i]!;
      const size = Math.abs(values[i]!);
      if (size > block.#absMax) block.#absMax = size;
    }
    const mean = sum / (to - from);
    let [second, third, fourth] = [0, 0, 0];
    for (let i = from; i < to; i++) {
      const deviation = values[i]! - mean;
      const square = deviation * deviation;
      second += square;
      third += square * deviation;
      fourth += square * square;
    }
    block.#count = to - from;
    block.#mean = mean;
    block.#second = second;
    block.#third = third;
    block.#fourth = fourth;
    return block;
  }
}
