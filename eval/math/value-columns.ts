/** Floating-point values in the column loop: weights keep what their type can hold. */
import type { ColumnRounder } from './column-loop.ts';
import { roundToType, type ValueType } from './value-type.ts';

export class ValueColumns implements ColumnRounder {
  /** Float32 `[N, K]`, all of the type. */
  readonly values: Float32Array;
  readonly #K: number;
  readonly #weights: Float64Array;
  readonly #round: (value: number) => number;

  /** @param weights  those of the loop, `[N, K]` */
  constructor(weights: Float64Array, K: number, type: ValueType) {
    this.values = new Float32Array(weights.length);
    this.#K = K;
    this.#weights = weights;
    this.#round = roundToType(type);
  }

  round(n: number, step: number): number {
    const at = n * this.#K + step;
    this.values[at] = this.#round(this.#weights[at]);
    return this.values[at];
  }
}
