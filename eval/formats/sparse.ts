/**
 * Pruned weights that keep their own values. The values are stored exactly, in the type of the checkpoint where that has 16
 * bits; a matrix with a value that neither BF16 nor F16 holds, as of a float32 checkpoint, is stored and counted in F32.
 * Buffers:
 *   mask    which weights are kept (kept-mask.ts)
 *   values  BF16, F16 or F32 [kept weights], row by row
 */
import { formatErrors } from '../errors/method.ts';
import { decodeValues, encodeValues, VALUE_BYTES, type ValueType } from '../math/value-type.ts';
import { bytesOf } from './buffers.ts';
import { defineFormat, type PackedLinear } from './format.ts';
import { countKept, type KeptMask, openMask, packMask } from './kept-mask.ts';

/** The same content, unpacked. */
export interface SparseValues extends KeptMask {
  /** Holds every value exactly. */
  readonly type: ValueType;
  /** `[kept weights]`, row by row. */
  readonly values: Float32Array;
}

export const sparse = defineFormat({
  id: 'sparse',
  title: 'Pruned, own values',
  pack,
  unpack,
  dequantize(packed: PackedLinear): Float32Array {
    const { kept, values } = unpack(packed);
    const weight = new Float32Array(kept.length);
    for (let i = 0, next = 0; i < kept.length; i++) if (kept[i] === 1) weight[i] = values[next++];
    return weight;
  },
});

function pack(content: SparseValues): PackedLinear {
  const { N, K, type, values } = content;
  const { attributes, mask } = packMask(content);
  const bytes = encodeValues(values, type);
  const buffers = { mask, values: { dtype: type, shape: [values.length], bytes } };
  return { format: 'sparse', N, K, attributes, buffers };
}

/** Throws `format/damaged` where a size or a type is not what the layout says. */
function unpack(packed: PackedLinear): SparseValues {
  const mask = openMask(packed);
  const type = packed.buffers.values?.dtype;
  if (type !== 'BF16' && type !== 'F16' && type !== 'F32')
    throw formatErrors.damaged('sparse', `values are ${type ?? 'missing'}, expected BF16, F16 or F32`);
  const bytes = bytesOf(packed, 'values', type, countKept(mask) * VALUE_BYTES[type]);
  return { ...mask, type, values: decodeValues(bytes, type) };
}

/** Those of `[N, K]` that are kept, row by row. */
export function takeKept<T extends Float32Array | Uint8Array>(all: T, kept: Uint8Array): T {
  // Both have the same filter; TypeScript cannot call a union of two.
  return (all as Float32Array).filter((_, i) => kept[i] === 1) as T;
}
