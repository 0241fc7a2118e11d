/** What a bit layout is, and the neutral shape in which packed weights are stored, counted and moved about. */

export interface PackedBuffer {
  /** Safetensors name of the element type. */
  readonly dtype: 'U8' | 'U16' | 'I16' | 'F16' | 'BF16' | 'F32';
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** One compressed weight matrix `[N, K]`. What is in `buffers` is everything that would be shipped. */
export interface PackedLinear {
  /** Id of the format that can read it. */
  readonly format: string;
  readonly N: number;
  readonly K: number;
  /** Numbers and flags that the format needs besides the buffers, such as bits and group. */
  readonly attributes: Readonly<Record<string, number | string | boolean>>;
  readonly buffers: Readonly<Record<string, PackedBuffer>>;
}

export interface Format {
  readonly id: string;
  readonly title: string;
  /** Float32 `[N, K]`, row-major. Throws `format/damaged` where buffers and attributes disagree. */
  dequantize(packed: PackedLinear): Float32Array;
}

/** Types a format and returns it unchanged. */
export function defineFormat<F extends Format>(format: F): F {
  return format;
}

/** Bytes of all buffers: the size that bits per weight is computed from. */
export function packedBytes(packed: PackedLinear): number {
  return Object.values(packed.buffers).reduce((sum, buffer) => sum + buffer.bytes.byteLength, 0);
}

/** A typed array as a buffer that shares its memory. */
export function toBuffer(
  dtype: PackedBuffer['dtype'],
  shape: readonly number[],
  values: Uint8Array | Uint16Array | Int16Array | Float32Array,
): PackedBuffer {
  return { dtype, shape, bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) };
}
