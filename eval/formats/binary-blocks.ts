/**
 * Two bits a weight and seven numbers a row of a block of columns, as BiLLM needs them. Buffers, for blocks of G columns:
 *   codes    U8  [N, ⌈2·K/8⌉]  2 bits a weight: the sign; then the sign of the residual in salient columns, and elsewhere which part
 *   levels   F16 [N, K/G, 7]  of a row of a block: mean, first and second distance of salient columns; mean and distance of the
 *            concentrated part; mean and distance of the sparse part
 *   salient  U8  [⌈K/8⌉]  1 for a salient column
 * That is 2 + 112/G + 1/N bits a weight, 2.9 at G = 128. The paper counts signs and the residual signs of salient columns, 1.06 to
 * 1.11, and neither the bit that tells the parts apart nor the levels.
 */
import { type BinaryBlocks, LEVELS, restoreWeight } from '../math/binary-blocks.ts';
import { streamBytes } from './bit-stream.ts';
import { bytesOf, groupOf, halves, halvesOf, packRows, unpackRows } from './buffers.ts';
import { defineFormat, type PackedBuffer, type PackedLinear } from './format.ts';

export const binaryBlocks = defineFormat({
  id: 'binary-blocks',
  title: 'Binary blocks',
  pack,
  unpack,
  dequantize(packed: PackedLinear): Float32Array {
    const blocks = unpack(packed);
    const { N, K } = blocks;
    const weight = new Float32Array(N * K);
    for (let n = 0; n < N; n++) {
      for (let k = 0; k < K; k++) weight[n * K + k] = restoreWeight(blocks, n, k);
    }
    return weight;
  },
});

function pack(values: BinaryBlocks): PackedLinear {
  return packStream(values, packRows(values.codes, values.N, values.K, 2));
}

/** What `pack` makes of codes that are a stream of bits already. */
export function packStream(values: Omit<BinaryBlocks, 'codes'>, codes: PackedBuffer): PackedLinear {
  const { N, K, group, levels, isSalient } = values;
  const buffers = {
    codes,
    levels: halves([N, K / group, LEVELS], levels),
    salient: { ...packRows(isSalient, 1, K, 1), shape: [Math.ceil(K / 8)] },
  };
  return { format: 'binary-blocks', N, K, attributes: { group }, buffers };
}

/** Throws `format/damaged` where a size or a type is not what the layout says. */
function unpack(packed: PackedLinear): BinaryBlocks {
  const { stream: _, ...values } = openBlocks(packed);
  return { ...values, codes: unpackRows(packed, 'codes', packed.N, packed.K, 2) };
}

/** The same content with codes as the stream of bits that they are stored as. Throws `format/damaged`. */
export function openBlocks(
  packed: PackedLinear,
): Omit<BinaryBlocks, 'codes'> & { readonly stream: Uint8Array } {
  const { N, K } = packed;
  const group = groupOf(packed);
  return {
    N,
    K,
    group,
    isSalient: unpackRows(packed, 'salient', 1, K, 1),
    stream: bytesOf(packed, 'codes', 'U8', N * streamBytes(K, 2)),
    levels: halvesOf(packed, 'levels', N * (K / group) * LEVELS),
  };
}
