/** The one dense inner loop of the CPU path, in float64: everything of cubic cost is expressed through it. */

/** A rectangle inside a row-major matrix: its first element and the distance between rows. */
export interface Block {
  readonly data: Float64Array;
  readonly at: number;
  readonly stride: number;
}

/** Columns and depth of the piece of B that is copied together, 128 KiB: it stays in the second-level cache. */
const PANEL = 128;
/** Columns of one register tile. Two rows by four columns of sums fit the 16 registers with their operands. */
const TILE = 4;

const panel = new Float64Array(PANEL * PANEL);

/**
 * C −= A · B for C `[m, n]`, A `[m, k]`, B `[k, n]`. C must not overlap A or B.
 * Cost: m·n·k multiplications; about 1.7 billion a second and core in Node 24.
 */
export function subtractProduct(c: Block, a: Block, b: Block, m: number, n: number, k: number): void {
  for (let t0 = 0; t0 < k; t0 += PANEL) {
    const depth = Math.min(PANEL, k - t0);
    for (let j0 = 0; j0 < n; j0 += PANEL) {
      const width = Math.min(PANEL, n - j0);
      packPanel(b, t0, depth, j0, width);
      for (let i = 0; i < m; i += 2) {
        const rows = Math.min(2, m - i);
        for (let j = 0; j < width; j += TILE) {
          const columns = Math.min(TILE, width - j);
          const at = c.at + i * c.stride + j0 + j;
          subtractTile(
            c.data,
            at,
            c.stride,
            a.data,
            a.at + i * a.stride + t0,
            a.stride,
            j * depth,
            depth,
            rows,
            columns,
          );
        }
      }
    }
  }
}

/** Copies B[t0…, j0…] so that a tile reads it straight through: tile by tile, four columns a step, short ones padded with 0. */
function packPanel(b: Block, t0: number, depth: number, j0: number, width: number): void {
  let out = 0;
  for (let j = 0; j < width; j += TILE) {
    for (let t = 0; t < depth; t++) {
      const at = b.at + (t0 + t) * b.stride + j0 + j;
      for (let x = 0; x < TILE; x++) panel[out++] = j + x < width ? b.data[at + x] : 0;
    }
  }
}

// Longer than the budget: the sums are written out, one a register.
function subtractTile(
  c: Float64Array,
  at: number,
  cStride: number,
  a: Float64Array,
  aAt: number,
  aStride: number,
  packedAt: number,
  depth: number,
  rows: number,
  columns: number,
): void {
  let s00 = 0,
    s01 = 0,
    s02 = 0,
    s03 = 0;
  let s10 = 0,
    s11 = 0,
    s12 = 0,
    s13 = 0;
  // With a single row left, the second one repeats the first and is not stored.
  const second = rows === 2 ? aAt + aStride : aAt;
  let q = packedAt;
  for (let t = 0; t < depth; t++) {
    const x0 = panel[q],
      x1 = panel[q + 1],
      x2 = panel[q + 2],
      x3 = panel[q + 3];
    q += TILE;
    const y0 = a[aAt + t],
      y1 = a[second + t];
    s00 += y0 * x0;
    s01 += y0 * x1;
    s02 += y0 * x2;
    s03 += y0 * x3;
    s10 += y1 * x0;
    s11 += y1 * x1;
    s12 += y1 * x2;
    s13 += y1 * x3;
  }
  subtractRow(c, at, columns, s00, s01, s02, s03);
  if (rows === 2) subtractRow(c, at + cStride, columns, s10, s11, s12, s13);
}

function subtractRow(
  c: Float64Array,
  at: number,
  columns: number,
  s0: number,
  s1: number,
  s2: number,
  s3: number,
): void {
  c[at] = c[at] - s0;
  if (columns > 1) c[at + 1] = c[at + 1] - s1;
  if (columns > 2) c[at + 2] = c[at + 2] - s2;
  if (columns > 3) c[at + 3] = c[at + 3] - s3;
}
