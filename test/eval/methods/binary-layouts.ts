/** The layouts of the methods below three bits as the contract of methods asks for them. */
import { binaryBlocks } from '../../../eval/formats/binary-blocks.ts';
import { dualBinary } from '../../../eval/formats/dual-binary.ts';
import { mixedGroups } from '../../../eval/formats/mixed-groups.ts';
import { partlyBinary } from '../../../eval/formats/partly-binary.ts';
import type { MethodContract } from '../../contracts/method.ts';

type Layout = NonNullable<MethodContract['layout']>;

export const partlyBinaryLayout: Layout = {
  repack: (packed) => partlyBinary.pack(partlyBinary.unpack(packed)),
  bytes: ({ N, K, attributes, buffers }) => {
    const bits = buffers.binary.bytes.reduce((sum, byte) => sum + byte.toString(2).split('1').length - 1, 0);
    const planes = 2 * N * Math.ceil(K / 8);
    return planes + Math.ceil((7 * (N * K - bits)) / 8) + (4 * N * K) / Number(attributes.group) + 3 * N;
  },
};

export const binaryBlocksLayout: Layout = {
  repack: (packed) => binaryBlocks.pack(binaryBlocks.unpack(packed)),
  bytes: ({ N, K, attributes }) =>
    N * Math.ceil(K / 4) + (14 * N * K) / Number(attributes.group) + Math.ceil(K / 8),
};

export const dualBinaryLayout: Layout = {
  repack: (packed) => dualBinary.pack(dualBinary.unpack(packed)),
  bytes: ({ N, K, attributes }) => N * Math.ceil(K / 4) + (4 * N * K) / Number(attributes.group),
};

export const mixedGroupsLayout: Layout = {
  repack: (packed) => mixedGroups.pack(mixedGroups.unpack(packed)),
  bytes: ({ N, K, attributes, buffers }) => {
    const group = Number(attributes.group);
    const each = [...buffers.bits!.bytes].map(
      (bits) => N * Math.ceil((group * bits) / 8) + 2 * N + (bits === 1 ? 2 * N : Math.ceil((N * bits) / 8)),
    );
    return K / group + each.reduce((sum, bytes) => sum + bytes, 0);
  },
};
