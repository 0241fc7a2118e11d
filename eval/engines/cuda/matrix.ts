/** How values lie in device memory. */
import type { ValueType } from '../../math/value-type.ts';
import { BL } from './kernels.gen.ts';

/** bl_dtype. */
export const F32 = BL.F32;
export const F16 = BL.F16;
export const BF16 = BL.BF16;
export type Dtype = typeof F32 | typeof F16 | typeof BF16;

export const ELEMENT_BYTES: Readonly<Record<Dtype, number>> = { [F32]: 4, [F16]: 2, [BF16]: 2 };

export const VALUE_DTYPES: Readonly<Record<ValueType, Dtype>> = { BF16, F16, F32 };

/** Rows in device memory. */
export interface Matrix {
  /** Device address of the first element. */
  readonly at: number;
  readonly dtype: Dtype;
  /** Elements from one row to the next. */
  readonly stride: number;
}

/** Rows that hold several vectors each. */
export interface Vectors extends Matrix {
  /** Elements from one vector of a row to the next; 0 repeats one. */
  readonly inner: number;
}

/** The matrix from column `from` on. */
export function columns(matrix: Matrix, from: number): Matrix {
  return { ...matrix, at: matrix.at + from * ELEMENT_BYTES[matrix.dtype] };
}

/** The matrix from row `from` on. */
export function rowsFrom(matrix: Matrix, from: number): Matrix {
  return columns(matrix, from * matrix.stride);
}

/** Every row as one vector, or as vectors `inner` elements apart. */
export function asVectors(matrix: Matrix, inner = 0): Vectors {
  return { ...matrix, inner };
}
