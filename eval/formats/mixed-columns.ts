/**
 * Columns of two kinds: symmetric integer codes with a scale a row, as `int-grouped` has them, and columns as they are in
 * half precision. Buffers, for C columns with codes and the other O = K − C, and b bits:
 *   codes    U8  [N, ⌈C·b/8⌉]  one LSB-first bit stream a row, padded to a whole byte
 *   scales   F16 [N]           ŵ = scale · (code − 2^(b−1))
 *   columns  U16 [O]           numbers of the columns as they are, rising
 *   values   F16 [N, O]
 */
import { formatErrors } from '../errors/method.ts';
import { FLOAT16_MAX } from '../math/float16.ts';
import { bytesOf, halves, halvesOf, wholeNumber } from './buffers.ts';
import { defineFormat, type PackedLinear, toBuffer } from './format.ts';
import { intGrouped } from './int-grouped.ts';

export interface MixedColumns {
  readonly K: number;
  /** Of the columns with codes, in their order: symmetric, whole rows. Null where there are none. */
  readonly coded: PackedLinear | null;
  readonly bits: number;
  readonly N: number;
  /** Of the others, rising. */
  readonly columns: Uint16Array;
  /** Float32 `[N, O]`, each representable in half precision. */
  readonly values: Float32Array;
}

export const mixedColumns = defineFormat({
  id: 'mixed-columns',
  title: 'Integers and some columns at 16 bits',
  pack({ N, K, bits, coded, columns, values }: MixedColumns): PackedLinear {
    const own = {
      columns: toBuffer('U16', [columns.length], columns),
      values: halves([N, columns.length], values),
    };
    return {
      format: 'mixed-columns',
      N,
      K,
      attributes: { bits },
      buffers: coded === null ? own : { codes: coded.buffers.codes, scales: coded.buffers.scales, ...own },
    };
  },
  unpack(packed: PackedLinear): MixedColumns {
    const { N, K, buffers } = packed;
    const bits = wholeNumber(packed, 'bits', 1, 8);
    const columns = columnsOf(packed);
    const C = K - columns.length;
    const attributes = { bits, group: C };
    const { codes, scales } = buffers;
    if (C > 0 && (codes === undefined || scales === undefined))
      throw formatErrors.damaged('mixed-columns', `${C} columns have no codes`);
    return {
      ...{ N, K, bits, columns },
      coded:
        C === 0
          ? null
          : { format: intGrouped.id, N, K: C, attributes, buffers: { codes: codes!, scales: scales! } },
      values: halvesOf(packed, 'values', N * columns.length),
    };
  },
  dequantize(packed: PackedLinear): Float32Array {
    const { N, K, coded, columns, values } = mixedColumns.unpack(packed);
    const weight = new Float32Array(N * K);
    put(values, columns, weight, K);
    if (coded !== null) put(intGrouped.dequantize(coded), otherColumns(columns, K), weight, K);
    return weight;
  },
});

/** The columns that are not in the list, rising. */
export function otherColumns(columns: Uint16Array, K: number): Int32Array {
  const listed = new Set(columns);
  return Int32Array.from({ length: K }, (_, k) => k).filter((k) => !listed.has(k));
}

/** Whether half precision can hold a value. */
export function fitsHalf(value: number): boolean {
  return Math.abs(value) <= FLOAT16_MAX;
}

function put(from: Float32Array, columns: Uint16Array | Int32Array, to: Float32Array, K: number): void {
  for (const [i, value] of from.entries())
    to[Math.floor(i / columns.length) * K + columns[i % columns.length]] = value;
}

/** Throws `format/damaged` where a number is not below K or they do not rise. */
function columnsOf(packed: PackedLinear): Uint16Array {
  const { K, buffers } = packed;
  const bytes = bytesOf(packed, 'columns', 'U16', buffers.columns?.bytes.byteLength ?? 0).slice();
  const columns = new Uint16Array(bytes.buffer);
  const bad = columns.findIndex((column, i) => column >= K || (i > 0 && column <= columns[i - 1]));
  if (bad !== -1)
    throw formatErrors.damaged('mixed-columns', `column ${columns[bad]} of K = ${K} is out of place`);
  return columns;
}
