/**
 * Codes on one grid for a whole matrix, in a basis in which no weight stands out (eval/math/incoherence.ts). For bits b:
 *   codes    U8  [N, ⌈K·b/8⌉]  one LSB-first bit stream a row: code q stands for s·(2q/(2^b − 1) − 1)
 *   scale    F16 [1]  s
 *   columns  F16 [K]  d
 * The orthogonal matrices come from the attribute `seed`. ŵ = Uᵀ·ŵ'·V / d.
 */
import { formatErrors } from '../errors/method.ts';
import { decodeFloat16, encodeFloat16 } from '../math/float16.ts';
import { type Incoherence, mixed, weightMixings } from '../math/incoherence.ts';
import { packBits, streamBytes, unpackBits } from './bit-stream.ts';
import { defineFormat, type PackedLinear, toBuffer } from './format.ts';

/** The same content, its codes as they are stored. */
export interface IncoherentStream extends Incoherence {
  readonly N: number;
  readonly K: number;
  readonly bits: number;
  /** `[N, ⌈K·b/8⌉]`. */
  readonly stream: Uint8Array;
  /** s, representable in half precision. */
  readonly end: number;
}

export const incoherent = defineFormat({
  id: 'incoherent',
  title: 'One grid in an incoherent basis',
  pack: packIncoherent,
  unpack: openIncoherent,
  dequantize(packed: PackedLinear): Float32Array {
    const values = openIncoherent(packed);
    const { N, K, bits, stream, end } = values;
    return Float32Array.from(mixed(codeValues(N, K, bits, stream, end), weightMixings(N, values, true)));
  },
});

export function packIncoherent({ N, K, bits, seed, stream, end, columns }: IncoherentStream): PackedLinear {
  const half = (values: Float32Array) => toBuffer('F16', [values.length], encodeFloat16(values));
  return {
    format: 'incoherent',
    N,
    K,
    attributes: { bits, seed },
    buffers: {
      codes: toBuffer('U8', [N, streamBytes(K, bits)], stream),
      scale: half(Float32Array.of(end)),
      columns: half(Float32Array.from(columns)),
    },
  };
}

/** Throws `format/damaged` where a size or a type is not what the layout says. */
export function openIncoherent(packed: PackedLinear): IncoherentStream {
  const { format, N, K, attributes, buffers } = packed;
  const { bits, seed } = attributes;
  if (typeof bits !== 'number' || !Number.isInteger(bits) || bits < 1 || bits > 8)
    throw formatErrors.damaged(format, `bits is ${JSON.stringify(bits)}, expected 1…8`);
  if (typeof seed !== 'number' || !Number.isInteger(seed))
    throw formatErrors.damaged(format, `seed is ${JSON.stringify(seed)}, expected a whole number`);
  const read = (name: string, dtype: string, length: number) => {
    const buffer = buffers[name];
    if (buffer?.dtype !== dtype || buffer.bytes.byteLength !== length)
      throw formatErrors.damaged(format, `${name} should be ${length} bytes of ${dtype}`);
    return buffer.bytes;
  };
  // Buffers that come from a file may start at an odd address.
  const halves = (name: string, count: number) =>
    decodeFloat16(new Uint16Array(read(name, 'F16', 2 * count).slice().buffer));
  return {
    ...{ N, K, bits, seed },
    stream: read('codes', 'U8', N * streamBytes(K, bits)),
    end: halves('scale', 1)[0],
    columns: Float64Array.from(halves('columns', K)),
  };
}

/** A stream of codes `[N, K]`. */
export function streamOf(codes: Uint8Array, N: number, K: number, bits: number): Uint8Array {
  const bytes = streamBytes(K, bits);
  const stream = new Uint8Array(N * bytes);
  for (let n = 0; n < N; n++) packBits(codes, n * K, K, bits, stream, n * bytes);
  return stream;
}

/** ŵ', float64 `[N, K]`. */
function codeValues(N: number, K: number, bits: number, stream: Uint8Array, end: number): Float64Array {
  const codes = new Uint8Array(N * K);
  for (let n = 0; n < N; n++) unpackBits(stream, n * streamBytes(K, bits), K, bits, codes, n * K);
  const most = 2 ** bits - 1;
  return Float64Array.from(codes, (code) => end * ((2 * code) / most - 1));
}
