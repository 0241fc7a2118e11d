/** The floating-point types in which weights that keep their own values are stored. */
import { decodeFloat16, encodeFloat16, FLOAT16_MAX } from './float16.ts';

/** Safetensors names. */
export type ValueType = 'BF16' | 'F16' | 'F32';

export const VALUE_BYTES: Readonly<Record<ValueType, number>> = { BF16: 2, F16: 2, F32: 4 };

const BFLOAT16_MAX = (2 - 2 ** -7) * 2 ** 127;
const FLOAT32_MAX = (2 - 2 ** -23) * 2 ** 127;

/**
 * The smallest type that holds every value exactly: that of the checkpoint, where it has 16 bits. BF16 where both 16-bit
 * types do. The values must be finite.
 */
export function exactType(values: Float32Array): ValueType {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  let inBfloat16 = true;
  let inFloat16 = true;
  for (let i = 0; i < values.length && (inBfloat16 || inFloat16); i++) {
    inBfloat16 &&= (bits[i] & 0xffff) === 0;
    inFloat16 &&= Math.f16round(values[i]) === values[i];
  }
  if (inBfloat16) return 'BF16';
  return inFloat16 ? 'F16' : 'F32';
}

const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

/** To the nearest float32 first, then to the type, ties to even; beyond its range to its largest number. */
export function roundToType(type: ValueType): (value: number) => number {
  switch (type) {
    case 'BF16':
      return roundToBfloat16;
    case 'F16':
      return (value) => within(Math.f16round(Math.fround(value)), FLOAT16_MAX);
    case 'F32':
      return (value) => within(Math.fround(value), FLOAT32_MAX);
  }
}

function roundToBfloat16(value: number): number {
  single[0] = within(value, BFLOAT16_MAX);
  // Half of the last place that stays, less one where that place is even.
  singleBits[0] += 0x7fff + ((singleBits[0] >>> 16) & 1);
  singleBits[0] &= 0xffff0000;
  return single[0];
}

function within(value: number, limit: number): number {
  return Math.min(Math.max(value, -limit), limit);
}

/** Bytes of values that the type holds exactly. */
export function encodeValues(values: Float32Array, type: ValueType): Uint8Array {
  if (type === 'F32') return new Uint8Array(values.slice().buffer);
  if (type === 'F16') return new Uint8Array(encodeFloat16(values).buffer);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return new Uint8Array(Uint16Array.from(bits, (word) => word >>> 16).buffer);
}

/** Exact. */
export function decodeValues(bytes: Uint8Array, type: ValueType): Float32Array {
  // A copy begins at an even address.
  const { buffer } = bytes.slice();
  if (type === 'F32') return new Float32Array(buffer);
  if (type === 'F16') return decodeFloat16(new Uint16Array(buffer));
  return new Float32Array(Uint32Array.from(new Uint16Array(buffer), (half) => half << 16).buffer);
}
