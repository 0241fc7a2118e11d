/** How weights lie in device memory: the parts of an image, their places, and where each comes from. */
import type { Linear, Norm, RowBlocks } from '../../families/architecture.ts';
import { aligned } from './arena.ts';
import { type Dtype, ELEMENT_BYTES, F32 } from './matrix.ts';

/** Values of a vector: of a tensor (the rows of one linear, if it is fused), or as many zeros. */
export type VectorSource =
  | { readonly kind: 'tensor'; readonly tensor: string; readonly rows?: RowBlocks; readonly length: number }
  | { readonly kind: 'zeros'; readonly length: number };

/** Rows of a matrix: a linear, or a tensor as it is stored. */
export type MatrixSource =
  | { readonly kind: 'linear'; readonly linear: Linear; readonly rows: number }
  | { readonly kind: 'tensor'; readonly tensor: string; readonly rows: number };

/** `[N, K]` in the engine's type, or in float32; sources one below the other. */
export interface MatrixPart {
  readonly kind: 'matrix';
  readonly name: string;
  readonly sources: readonly MatrixSource[];
  readonly N: number;
  readonly K: number;
  readonly isExact: boolean;
}

/** Float32, sources one behind the other. */
export interface VectorPart {
  readonly kind: 'vector';
  readonly name: string;
  readonly sources: readonly VectorSource[];
  readonly length: number;
}

export type Part = MatrixPart | VectorPart;

export interface Placed {
  readonly part: Part;
  /** Bytes from the beginning of the image. */
  readonly offset: number;
  readonly dtype: Dtype;
}

export interface Layout {
  readonly bytes: number;
  readonly parts: ReadonlyMap<string, Placed>;
}

/** Places parts one behind the other. */
export function layOut(parts: readonly Part[], dtype: Dtype): Layout {
  const placed = new Map<string, Placed>();
  let offset = 0;
  for (const part of parts) {
    if (placed.has(part.name)) throw new TypeError(`two parts of an image are called ${part.name}`);
    const own = part.kind === 'vector' || part.isExact ? F32 : dtype;
    placed.set(part.name, { part, offset, dtype: own });
    const values = part.kind === 'vector' ? part.length : part.N * part.K;
    offset += aligned(values * ELEMENT_BYTES[own]);
  }
  return { bytes: offset, parts: placed };
}

/** Linears of one input as one matrix, and their biases, if any has one, as one vector `name.bias`. */
export function linearParts(name: string, linears: readonly Linear[], isExact = false): Part[] {
  const matrix: MatrixPart = {
    kind: 'matrix',
    name,
    isExact,
    sources: linears.map((linear) => ({ kind: 'linear', linear, rows: linear.outFeatures })),
    N: linears.reduce((sum, { outFeatures }) => sum + outFeatures, 0),
    K: linears[0].inFeatures,
  };
  if (linears.every(({ bias }) => bias === undefined)) return [matrix];
  const sources = linears.map(({ bias, rows, outFeatures: length }): VectorSource => {
    if (bias === undefined) return { kind: 'zeros', length };
    return { kind: 'tensor', tensor: bias, length, ...(rows === undefined ? {} : { rows }) };
  });
  return [matrix, { kind: 'vector', name: `${name}.bias`, sources, length: matrix.N }];
}

/** A tensor in float32. */
export function vectorPart(name: string, tensor: string | null, length: number): Part[] {
  if (tensor === null) return [];
  return [{ kind: 'vector', name, sources: [{ kind: 'tensor', tensor, length }], length }];
}

/** A norm's weight as `name`, its bias as `name.bias`. */
export function normParts(name: string, norm: Norm | null, length: number): Part[] {
  if (norm === null) return [];
  const bias = norm.kind === 'layer' ? norm.bias : null;
  return [...vectorPart(name, norm.tensor, length), ...vectorPart(`${name}.bias`, bias, length)];
}

/** The parts of an image that is in memory at `base`, by name. */
export class Image {
  readonly #layout: Layout;
  readonly base: number;

  constructor(layout: Layout, base: number) {
    this.#layout = layout;
    this.base = base;
  }

  /** Device address. */
  at(name: string): number {
    const placed = this.#layout.parts.get(name);
    if (placed === undefined) throw new TypeError(`the image has no part ${name}`);
    return this.base + placed.offset;
  }

  /** Device address, or 0 where the image has no such part. */
  atOrZero(name: string): number {
    const placed = this.#layout.parts.get(name);
    return placed === undefined ? 0 : this.base + placed.offset;
  }

  has(name: string): boolean {
    return this.#layout.parts.has(name);
  }

  /** Where the matrix of one linear is, wherever it is fused into. Throws where the image does not hold it. */
  linear(name: string): {
    readonly at: number;
    readonly N: number;
    readonly K: number;
    readonly dtype: Dtype;
  } {
    for (const { part, offset, dtype } of this.#layout.parts.values()) {
      if (part.kind !== 'matrix') continue;
      let row = 0;
      for (const source of part.sources) {
        if (source.kind === 'linear' && source.linear.name === name) {
          const at = this.base + offset + row * part.K * ELEMENT_BYTES[dtype];
          return { at, N: source.rows, K: part.K, dtype };
        }
        row += source.rows;
      }
    }
    throw new TypeError(`the image does not hold the linear ${name}`);
  }
}
