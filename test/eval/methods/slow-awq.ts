/** AWQ's searches as its paper and code say them, by matrices of plain numbers and inputs in place of Hessians. */
import { codeOf, findGrid } from './slow-gptq.ts';

export interface SlowRule {
  readonly bits: number;
  readonly group: number;
  readonly symmetric: boolean;
  readonly range: 'zero' | 'minmax' | 'free';
  readonly mse: false;
}

/** A row, rounded group by group behind a clamp. */
function roundRow(row: readonly number[], rule: SlowRule, shares: readonly number[]): number[] {
  const rounded: number[] = [];
  for (let at = 0; at < row.length; at += rule.group) {
    const group = row.slice(at, at + rule.group);
    const bound = shares[at / rule.group]! * Math.max(...group.map(Math.abs));
    const clamped = group.map((value) => Math.max(-bound, Math.min(bound, value)));
    const grid = findGrid(clamped, rule);
    rounded.push(...clamped.map((value) => grid.scale * (codeOf(value, grid, rule.bits) - grid.zero)));
  }
  return rounded;
}

/** ‖(ŵ / s − w)·Xᵀ‖² for rows w, with ŵ the rounded w·s; inputs `[tokens][K]`. */
export function slowOutputError(
  rows: readonly (readonly number[])[],
  inputs: readonly (readonly number[])[],
  factors: readonly number[],
  rule: SlowRule,
): number {
  let error = 0;
  for (const row of rows) {
    const scaled = row.map((value, k) => Math.fround(value * factors[k]!));
    const ones = new Array(row.length / rule.group).fill(1);
    const restored = roundRow(scaled, rule, ones).map((value, k) => value / factors[k]!);
    for (const x of inputs)
      error += x.reduce((sum, value, k) => sum + value * (restored[k]! - row[k]!), 0) ** 2;
  }
  return error;
}

/** Rows rounded with the clamp of each group that keeps its part of the outputs nearest. */
export function slowClipped(
  rows: readonly (readonly number[])[],
  inputs: readonly (readonly number[])[],
  rule: SlowRule,
): number[][] {
  return rows.map((row) => {
    const shares: number[] = [];
    for (let at = 0; at < row.length; at += rule.group) {
      const group = row.slice(at, at + rule.group);
      const errorOf = (share: number) => {
        const restored = roundRow(group, rule, [share]);
        const partial = (x: readonly number[]) =>
          restored.reduce((sum, value, i) => sum + x[at + i]! * (value - group[i]!), 0);
        return inputs.reduce((sum, x) => sum + partial(x) ** 2, 0);
      };
      const errors = Array.from({ length: 10 }, (_, i) => errorOf(1 - i / 20));
      shares.push(1 - errors.indexOf(Math.min(...errors)) / 20);
    }
    return roundRow(row, rule, shares);
  });
}
