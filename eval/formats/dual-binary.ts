/**
 * Two binaries a weight and two numbers a group, as DB-LLM stores them: ŵ = first·b1 + second·b2. Buffers, for group G:
 *   codes          U8  [N, ⌈2·K/8⌉]  b1 in the lower bit, b2 in the higher one
 *   first, second  F16 [N, K/G]
 * That is 2 + 32/G bits a weight; the paper counts 2.
 */
import { type DualBinary, levelOf } from '../math/dual-binary.ts';
import { streamBytes } from './bit-stream.ts';
import { bytesOf, groupOf, halves, halvesOf, packRows, unpackRows } from './buffers.ts';
import { defineFormat, type PackedBuffer, type PackedLinear } from './format.ts';

export const dualBinary = defineFormat({
  id: 'dual-binary',
  title: 'Two binaries',
  pack,
  unpack,
  dequantize(packed: PackedLinear): Float32Array {
    const { K, group, codes, first, second } = unpack(packed);
    return Float32Array.from(codes, (code, i) => {
      const g = Math.floor(i / K) * (K / group) + Math.floor((i % K) / group);
      return levelOf(code, first[g], second[g]);
    });
  },
});

function pack(values: DualBinary): PackedLinear {
  return packStream(values, packRows(values.codes, values.N, values.K, 2));
}

/** What `pack` makes of codes that are a stream of bits already. */
export function packStream(
  { N, K, group, first, second }: Omit<DualBinary, 'codes'>,
  codes: PackedBuffer,
): PackedLinear {
  const buffers = {
    codes,
    first: halves([N, K / group], first),
    second: halves([N, K / group], second),
  };
  return { format: 'dual-binary', N, K, attributes: { group }, buffers };
}

/** Throws `format/damaged` where a size or a type is not what the layout says. */
function unpack(packed: PackedLinear): DualBinary {
  const { stream: _, ...values } = openDual(packed);
  return { ...values, codes: unpackRows(packed, 'codes', packed.N, packed.K, 2) };
}

/** The same content with codes as the stream of bits that they are stored as. Throws `format/damaged`. */
export function openDual(packed: PackedLinear): Omit<DualBinary, 'codes'> & { readonly stream: Uint8Array } {
  const { N, K } = packed;
  const group = groupOf(packed);
  const count = N * (K / group);
  return {
    ...{ N, K, group, stream: bytesOf(packed, 'codes', 'U8', N * streamBytes(K, 2)) },
    ...{ first: halvesOf(packed, 'first', count), second: halvesOf(packed, 'second', count) },
  };
}
