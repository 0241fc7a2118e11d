/** The layouts of packed linears besides int-grouped, for the contract of methods. */
import { codebook } from '../../../eval/formats/codebook.ts';
import { floatZeros } from '../../../eval/formats/float-zeros.ts';
import type { PackedLinear } from '../../../eval/formats/format.ts';
import type { MethodContract } from '../../contracts/method.ts';

type Layout = NonNullable<MethodContract['layout']>;

const gridsOf = ({ N, K, attributes }: PackedLinear) => (N * K) / Number(attributes.group);

export const CODEBOOK: Layout = {
  repack: (packed) => codebook.pack(codebook.unpack(packed)),
  bytes(packed) {
    const grids = gridsOf(packed);
    const tree = grids + 4 * Math.ceil(grids / 256);
    const shifts = packed.buffers.shifts === undefined ? 0 : tree;
    return packed.N * Math.ceil(packed.K / 2) + tree + 4 + shifts;
  },
};

export const FLOAT_ZEROS: Layout = {
  repack: (packed) => floatZeros.pack(floatZeros.unpack(packed)),
  bytes: (packed) =>
    packed.N * Math.ceil((packed.K * Number(packed.attributes.bits)) / 8) + 4 * gridsOf(packed),
};
