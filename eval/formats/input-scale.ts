/**
 * Factors that a compressed linear divides its input by, where nothing before it could take them: beside the buffers of
 * whatever layout it has, `inputScale` F16 [K]. The weights that such a linear stands for are ŵ / inputScale, by column.
 */
import { formatErrors } from '../errors/method.ts';
import { decodeFloat16, encodeFloat16 } from '../math/float16.ts';
import { type PackedLinear, toBuffer } from './format.ts';

const NAME = 'inputScale';

/** @param factors  `[K]`, each representable in half precision */
export function withInputScale(packed: PackedLinear, factors: Float64Array): PackedLinear {
  const scale = toBuffer('F16', [packed.K], encodeFloat16(Float32Array.from(factors)));
  return { ...packed, buffers: { ...packed.buffers, [NAME]: scale } };
}

/** Float32 `[K]`; null where the input is read as it is. Throws `format/damaged`. */
export function inputScaleOf({ format, K, buffers }: PackedLinear): Float32Array | null {
  const buffer = buffers[NAME];
  if (buffer === undefined) return null;
  if (buffer.dtype !== 'F16' || buffer.bytes.byteLength !== 2 * K)
    throw formatErrors.damaged(format, `${NAME} should be ${2 * K} bytes of F16`);
  const bytes = buffer.bytes.slice();
  return decodeFloat16(new Uint16Array(bytes.buffer));
}

/** Divides the columns of ŵ `[N, K]` in place: w · (1 / s) in float64, rounded to float32. */
export function divideColumns(weight: Float32Array, scale: Float32Array): void {
  const inverses = Float64Array.from(scale, (factor) => 1 / factor);
  const K = scale.length;
  for (let i = 0; i < weight.length; i++) weight[i]! *= inverses[i % K]!;
}
