/**
 * Integer codes with a scale and a fractional zero per row and group of input columns: ŵ = scale · (code − zero).
 * Buffers, for bits b and group G:
 *   codes   U8  [N, ⌈K·b/8⌉]  one LSB-first bit stream a row, padded to a whole byte
 *   scales  F16 [N, K/G]
 *   zeros   F16 [N, K/G]
 */
import { formatErrors } from '../errors/method.ts';
import { streamBytes } from './bit-stream.ts';
import { bytesOf, groupOf, halves, halvesOf, packRows, unpackRows, wholeNumber } from './buffers.ts';
import { defineFormat, type PackedLinear, toBuffer } from './format.ts';

/** What lies beside the codes. */
export interface FloatGrids {
  readonly N: number;
  readonly K: number;
  /** 1…8. */
  readonly bits: number;
  /** Group size G; divides K. */
  readonly group: number;
  /** `[N, K/G]` each, every value representable in half precision. */
  readonly scales: Float32Array;
  readonly zeros: Float32Array;
}

export const floatZeros = defineFormat({
  id: 'float-zeros',
  title: 'Grouped integers with fractional zeros',
  pack(values: FloatGrids & { readonly codes: Uint8Array }): PackedLinear {
    const { N, K, bits, codes } = values;
    return packFloatGrids(values, packRows(codes, N, K, bits).bytes);
  },
  unpack(packed: PackedLinear): FloatGrids & { readonly codes: Uint8Array } {
    const { stream: _, ...values } = openFloatGrids(packed);
    return { ...values, codes: unpackRows(packed, 'codes', values.N, values.K, values.bits) };
  },
  dequantize(packed: PackedLinear): Float32Array {
    const { N, K, group, codes, scales, zeros } = floatZeros.unpack(packed);
    const weight = new Float32Array(N * K);
    for (let i = 0; i < weight.length; i++) {
      const g = Math.floor(i / group);
      weight[i] = scales[g] * Math.fround(codes[i] - zeros[g]);
    }
    return weight;
  },
});

/** What `pack` makes of codes that are a stream of bits already, `[N, ⌈K·b/8⌉]`. */
export function packFloatGrids(values: FloatGrids, stream: Uint8Array): PackedLinear {
  const { N, K, bits, group, scales, zeros } = values;
  return {
    format: 'float-zeros',
    N,
    K,
    attributes: { bits, group },
    buffers: {
      codes: toBuffer('U8', [N, streamBytes(K, bits)], stream),
      scales: halves([N, K / group], scales),
      zeros: halves([N, K / group], zeros),
    },
  };
}

/** The same content with codes as the stream of bits that they are stored as. Throws `format/damaged`. */
export function openFloatGrids(packed: PackedLinear): FloatGrids & { readonly stream: Uint8Array } {
  if (packed.format !== 'float-zeros') throw formatErrors.unknown(packed.format, ['float-zeros']);
  const { N, K } = packed;
  const bits = wholeNumber(packed, 'bits', 1, 8);
  const group = groupOf(packed);
  const grids = N * (K / group);
  return {
    N,
    K,
    bits,
    group,
    stream: bytesOf(packed, 'codes', 'U8', N * streamBytes(K, bits)),
    scales: halvesOf(packed, 'scales', grids),
    zeros: halvesOf(packed, 'zeros', grids),
  };
}
