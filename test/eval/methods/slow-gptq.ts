/**
 * GPTQ written straight from the paper, slow and without any code of eval/: the inverse Hessian is explicit (Gauss–Jordan),
 * and after every step the visited row and column are eliminated from it, as in Optimal Brain Quantization (Frantar et al.
 * 2022, arXiv:2210.17323, equations 2 and 3). No Cholesky factor, no blocks. Everything is an array of arrays of doubles.
 */
export interface SlowSettings {
  readonly bits: number;
  /** −1: one group per row. */
  readonly group: number;
  readonly symmetric: boolean;
  readonly range: 'zero' | 'minmax' | 'free';
  readonly actOrder: boolean;
  readonly staticGroups: boolean;
  readonly damping: number;
}

interface Grid {
  readonly scale: number;
  readonly zero: number;
}

export interface SlowResult {
  /** `[N][K]`, original column order. */
  readonly codes: number[][];
  /** scale · (code − zero), float32, `[N][K]`, original column order. */
  readonly restored: number[][];
  /** Distance of w/scale from the nearest rounding boundary when its code was chosen, `[N][K]`. */
  readonly margin: number[][];
  readonly order: number[];
}

export function slowGptq(weight: number[][], hessian: number[][], settings: SlowSettings): SlowResult {
  const K = hessian.length;
  const group = settings.group === -1 ? K : settings.group;
  const h = hessian.map((row) => [...row]);
  const w = weight.map((row) => [...row]);
  for (let k = 0; k < K; k++) {
    if (h[k][k] !== 0) continue;
    h[k][k] = 1;
    for (const row of w) row[k] = 0;
  }
  const columns = Array.from({ length: K }, (_, k) => k);
  const order = settings.actOrder ? columns.toSorted((a, b) => h[b][b] - h[a][a] || a - b) : columns;
  const added = (settings.damping * h.reduce((sum, row, k) => sum + row[k], 0)) / K;
  for (let k = 0; k < K; k++) h[k][k] += added;
  const inverse = invert(order.map((a) => order.map((b) => h[a][b])));
  const fixed = w.map((row) => chunks(row, group).map((values) => findGrid(values, settings)));
  const result: SlowResult = {
    codes: w.map(() => []),
    restored: w.map(() => []),
    margin: w.map(() => []),
    order,
  };
  const visited = w.map((row) => order.map((k) => row[k]));
  const grids: Grid[] = [];
  for (let step = 0; step < K; step++) {
    for (let n = 0; n < w.length; n++) {
      if (step % group === 0) grids[n] = findGrid(visited[n].slice(step, step + group), settings);
      const grid = settings.staticGroups ? fixed[n][Math.floor(order[step] / group)] : grids[n];
      const value = visited[n][step];
      const code = codeOf(value, grid, settings.bits);
      const rounded = grid.scale * (code - grid.zero);
      const x = value / grid.scale;
      result.codes[n][order[step]] = code;
      result.restored[n][order[step]] = Math.fround(rounded);
      result.margin[n][order[step]] = Math.abs(x - Math.floor(x) - 0.5);
      const error = (value - rounded) / inverse[step][step];
      for (let j = step + 1; j < K; j++) visited[n][j] -= error * inverse[step][j];
    }
    eliminate(inverse, step);
  }
  return result;
}

/** H⁻¹ without row and column q: H⁻¹ − H⁻¹[:, q]·H⁻¹[q, :] / H⁻¹[q, q]. */
export function eliminate(inverse: number[][], q: number): void {
  for (let i = q + 1; i < inverse.length; i++) {
    const factor = inverse[i][q] / inverse[q][q];
    for (let j = q + 1; j < inverse.length; j++) inverse[i][j] -= factor * inverse[q][j];
  }
}

/** Gauss–Jordan with partial pivoting. */
export function invert(matrix: number[][]): number[][] {
  const K = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  for (let i = 0; i < K; i++) {
    let best = i;
    for (let r = i + 1; r < K; r++) if (Math.abs(rows[r][i]) > Math.abs(rows[best][i])) best = r;
    [rows[i], rows[best]] = [rows[best], rows[i]];
    const pivot = rows[i][i];
    for (let j = i; j < 2 * K; j++) rows[i][j] /= pivot;
    for (let r = 0; r < K; r++) {
      const factor = rows[r][i];
      // Columns left of i are those of the identity already.
      if (r !== i) for (let j = i; j < 2 * K; j++) rows[r][j] -= factor * rows[i][j];
    }
  }
  return rows.map((row) => row.slice(K));
}

/** The three range conventions, restated from their sources; scales rounded to half precision. */
export function findGrid(
  values: readonly number[],
  { bits, symmetric, range }: Pick<SlowSettings, 'bits' | 'symmetric' | 'range'>,
): Grid {
  const top = 2 ** bits - 1;
  let low = Math.min(...values);
  let high = Math.max(...values);
  if (symmetric) {
    const a = Math.max(-low, high);
    const half = 2 ** (bits - 1);
    if (range === 'zero') return { scale: half16((2 * (a || 1)) / top), zero: half };
    if (range === 'minmax') return { scale: half16(Math.max(a, 1e-5) / (half - 1)), zero: half };
    return { scale: half16(Math.min(Math.max(a / (half - 1), 1e-5), 1e4)), zero: half };
  }
  if (range === 'zero') {
    low = Math.min(low, 0);
    high = Math.max(high, 0);
    if (low === 0 && high === 0) [low, high] = [-1, 1];
    const scale = half16((high - low) / top);
    return { scale, zero: Math.min(nearest(-low / scale), top) };
  }
  if (range === 'minmax') {
    const scale = half16(Math.max(high - low, 1e-5) / top);
    return { scale, zero: Math.min(Math.max(nearest(-low / scale), 0), top) };
  }
  const scale = half16(Math.min(Math.max((high - low) / top, 1e-5), 1e4));
  return { scale, zero: Math.min(Math.max(nearest(-low / scale), -1e4), 1e4) };
}

export function codeOf(value: number, { scale, zero }: Grid, bits: number): number {
  return Math.min(Math.max(nearest(value / scale) + zero, 0), 2 ** bits - 1);
}

/** Halves to the even neighbour. */
function nearest(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

/** Eleven significant bits, at least 2⁻²⁴ apart. */
export function half16(x: number): number {
  const step = Math.max(2 ** (Math.floor(Math.log2(x)) - 10), 2 ** -24);
  return Math.max(nearest(x / step) * step, 2 ** -24);
}

function chunks(values: readonly number[], size: number): number[][] {
  return Array.from({ length: values.length / size }, (_, i) => values.slice(i * size, (i + 1) * size));
}
