/** Integer grids in the column loop: GPTQ's way to round. */
import { type AffineGrid, type AffineRule, fitGrid, quantize } from './affine.ts';
import type { ColumnRounder } from './column-loop.ts';

/** Grids of all groups, `[N, K/G]` each. */
export interface Grids {
  readonly scales: Float64Array;
  readonly zeros: Int16Array;
}

export interface AffineColumnsParts {
  readonly N: number;
  readonly K: number;
  /** Those of the loop. */
  readonly weights: Float64Array;
  readonly rule: AffineRule;
  /** Group size G; divides K. */
  readonly group: number;
  /** `[K]`: the group of the column visited at each step. */
  readonly groupOfStep: Uint16Array;
  readonly grids: Grids;
  /** Fit a group's grid when its first column is reached, from the updated weights; else `grids` is final. */
  readonly fit: boolean;
}

export class AffineColumns implements ColumnRounder {
  /** `[N, K]`, columns in visiting order. */
  readonly codes: Uint8Array;
  readonly #parts: AffineColumnsParts;
  readonly #maxCode: number;
  readonly #groups: number;
  readonly #grid: AffineGrid = { scale: 0, zero: 0 };

  constructor(parts: AffineColumnsParts) {
    this.#parts = parts;
    this.#maxCode = 2 ** parts.rule.bits - 1;
    this.#groups = parts.K / parts.group;
    this.codes = new Uint8Array(parts.N * parts.K);
  }

  round(n: number, step: number): number {
    const { K, weights, group, groupOfStep, grids, fit } = this.#parts;
    const g = n * this.#groups + groupOfStep[step];
    const at = n * K + step;
    if (fit && step % group === 0) this.#fit(at, g);
    const code = quantize(weights[at], grids.scales[g], grids.zeros[g], this.#maxCode);
    this.codes[at] = code;
    return grids.scales[g] * (code - grids.zeros[g]);
  }

  #fit(at: number, g: number): void {
    const { weights, group, rule, grids } = this.#parts;
    fitGrid(weights, at, group, rule, this.#grid);
    grids.scales[g] = this.#grid.scale;
    grids.zeros[g] = this.#grid.zero;
  }
}
