/** Reads and writes the float formats of checkpoints, counting what is not a number on the way in. */
import { decodeFloat16 } from '../math/float16.ts';

/** bfloat16 bits `[n]` into `target` `[n]`; returns how many values are NaN or infinite. */
export function decodeBf16(source: Uint16Array, target: Float32Array): number {
  const bits = new Uint32Array(target.buffer, target.byteOffset, target.length);
  let bad = 0;
  for (let i = 0; i < source.length; i += 1) {
    const half = source[i];
    if ((half & 0x7f80) === 0x7f80) bad += 1;
    bits[i] = half << 16;
  }
  return bad;
}

/** IEEE half bits `[n]` into `target` `[n]`; returns how many values are NaN or infinite. */
export function decodeFp16(source: Uint16Array, target: Float32Array): number {
  target.set(decodeFloat16(source));
  let bad = 0;
  for (let i = 0; i < source.length; i += 1) if ((source[i] & 0x7c00) === 0x7c00) bad += 1;
  return bad;
}

/** Counts NaN and infinite values in float32 data. */
export function countNotFinite(values: Float32Array): number {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  let bad = 0;
  for (let i = 0; i < bits.length; i += 1) if ((bits[i] & 0x7f800000) === 0x7f800000) bad += 1;
  return bad;
}

/** Rounds float32 values to bfloat16 bits, to nearest, ties to even. NaN stays NaN. */
export function encodeBf16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const out = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i += 1) {
    const word = bits[i];
    if ((word & 0x7fffffff) > 0x7f800000) out[i] = (word >>> 16) | 0x40;
    else out[i] = (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
  return out;
}
