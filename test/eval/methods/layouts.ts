/** The layouts of packed linears besides int-grouped, for the contract of methods. */
import { codebook } from '../../../eval/formats/codebook.ts';
import { floatZeros } from '../../../eval/formats/float-zeros.ts';
import type { PackedLinear } from '../../../eval/formats/format.ts';
import { incoherent } from '../../../eval/formats/incoherent.ts';
import { mixedColumns } from '../../../eval/formats/mixed-columns.ts';
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

export const MIXED_COLUMNS: Layout = {
  repack: (packed) => mixedColumns.pack(mixedColumns.unpack(packed)),
  bytes({ N, K, buffers }) {
    const O = buffers.columns!.shape[0]!;
    // One byte a code, a scale a row, and 16 bits for each number and value of the other columns.
    return (O === K ? 0 : N * (K - O) + 2 * N) + 2 * O + 2 * N * O;
  },
};

export const LLM_INT8: MethodContract = {
  recipes: ['llm.int8-w8a8'],
  layout: MIXED_COLUMNS,
  skip: [
    {
      reason: 'its scales are for whole rows',
      tests: ['a group that does not divide is refused, early too'],
    },
  ],
};

export const INCOHERENT: Layout = {
  repack: (packed) => incoherent.pack(incoherent.unpack(packed)),
  bytes: ({ N, K, attributes }) => N * Math.ceil((K * Number(attributes.bits)) / 8) + 2 + 2 * K,
};
