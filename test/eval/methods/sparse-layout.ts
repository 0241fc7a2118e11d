/** The layouts of pruned matrices, for the contract of methods: from their descriptions alone. */
import type { PackedLinear } from '../../../eval/formats/format.ts';
import { sparse } from '../../../eval/formats/sparse.ts';
import { sparseInt } from '../../../eval/formats/sparse-int.ts';

export const sparseLayout = {
  repack: (packed: PackedLinear) =>
    packed.format === 'sparse'
      ? sparse.pack(sparse.unpack(packed))
      : sparseInt.pack(sparseInt.unpack(packed)),
  bytes: declaredBytes,
};

/** Bits of the code of a run, by n:m. */
const CODE_BITS: Readonly<Record<string, number>> = { '1:2': 1, '2:4': 3, '4:8': 7, '1:4': 2, '3:4': 2 };

function declaredBytes({ format, N, K, attributes, buffers }: PackedLinear): number {
  const { n, m } = attributes;
  const rowBits = m === undefined ? K : (K / Number(m)) * CODE_BITS[`${n}:${m}`]!;
  const mask = N * Math.ceil(rowBits / 8);
  if (format === 'sparse') {
    const { dtype, shape } = buffers.values!;
    return mask + shape[0]! * (dtype === 'F32' ? 4 : 2);
  }
  const bits = Number(attributes.bits);
  const grids = N * (K / Number(attributes.group));
  const kept = m === undefined ? keptIn(buffers.mask!.bytes) : N * K * (1 - Number(n) / Number(m));
  const zeros = { none: 0, U8: Math.ceil((grids * bits) / 8), I16: 2 * grids }[
    String(buffers.zeros?.dtype ?? 'none')
  ]!;
  return mask + Math.ceil((kept * bits) / 8) + 2 * grids + zeros;
}

function keptIn(bitmap: Uint8Array): number {
  return [...bitmap].reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);
}
