/** The data-free methods whose groups are searched or solved for: NF4, information-calibrated NF4 and HQQ, codes packed. */
import type { BenchRow, Times } from '../../../data/bench-schema.ts';
import { BL } from '../../../eval/engines/cuda/kernels.gen.ts';
import { linearsOf } from '../../../eval/families/linears.ts';
import { informationCosts, shiftFactors } from '../../../eval/math/information.ts';
import { NF4_LEVELS } from '../../../eval/math/normal-float.ts';
import { type Bench, type Lab, repeatsOf, row } from '../bench.ts';
import type { KernelLab } from '../kernel-lab.ts';
import type { Progress } from '../progress.ts';
import { LLAMA_8B, linearParameters, shapeOf } from '../shapes.ts';

const GROUP = 64;
const BITS = 4;
const DEVIATION = 0.02;

interface Matrix {
  readonly N: number;
  readonly K: number;
  readonly w: number;
}

type Work = (
  matrix: Matrix,
  to: { readonly codes: number; readonly first: number; readonly second: number },
) => void;

export const dataFree: Bench = {
  name: 'data-free',
  title: 'NF4, information-calibrated NF4 and HQQ of all weights of the blocks, group 64, codes packed',
  async run(bench: Lab, progress: Progress) {
    const architecture = shapeOf(LLAMA_8B);
    const lab = bench.kernels();
    const matrices = linearsOf(architecture.blocks[0]).map(({ outFeatures: N, inFeatures: K }) => {
      return { N, K, w: lab.random('bf16', N * K, DEVIATION) };
    });
    const largest = Math.max(...matrices.map(({ N, K }) => N * K));
    const grids = (largest / GROUP) * 4;
    const to = { codes: lab.filled(largest), first: lab.filled(grids), second: lab.filled(grids) };
    const packed = lab.filled(largest);
    const bytes = linearParameters(architecture) * (2 + BITS / 8);
    const rows: BenchRow[] = [];
    for (const [name, step] of Object.entries(stepsOf(lab))) {
      const work = () => {
        for (let block = 0; block < architecture.blocks.length; block++) {
          for (const matrix of matrices) {
            step(matrix, to);
            lab.kernels.pack({ codes: to.codes, N: matrix.N, K: matrix.K, bits: BITS, packed });
          }
        }
      };
      const timing = { stopwatch: lab.stopwatch, work, repeats: repeatsOf(bench, 5), amount: 1 };
      const toRows = (ours: Times) => [
        row(`${name} of all weights, ${BITS} bits, group ${GROUP}`, 's', ours, {
          clock: 'device',
          limit: {
            value: bytes / bench.rates.copy_bytes_per_second,
            how: 'weights read and packed codes written once at the measured bandwidth of a large copy',
          },
          required: { of: 'value', at_most: 10 },
          note: 'One block of weights stands for all; scales are quantized once more on the host, which is not in here.',
        }),
      ];
      rows.push(...(await progress.rows(name, timing, toRows)));
    }
    lab.release();
    return rows;
  },
};

function stepsOf(lab: KernelLab): Readonly<Record<string, Work>> {
  const { kernels } = lab;
  const levels = lab.upload(NF4_LEVELS);
  const factors = shiftFactors();
  const search = {
    factors: lab.upload(factors),
    F: factors.length,
    costs: lab.upload(informationCosts(GROUP)),
  };
  const shape = ({ N, K, w }: Matrix) => ({ dtype: BL.BF16, w, N, K, G: GROUP });
  return {
    NF4: (matrix, { codes, first }) =>
      kernels.roundLevels({
        ...shape(matrix),
        levels,
        factors: 0,
        F: 0,
        costs: 0,
        codes,
        absmax: first,
        shifts: 0,
      }),
    'Information-calibrated NF4': (matrix, { codes, first, second }) =>
      kernels.roundLevels({ ...shape(matrix), levels, ...search, codes, absmax: first, shifts: second }),
    HQQ: (matrix, { codes, first, second }) =>
      kernels.halfQuadratic({ ...shape(matrix), bits: BITS, codes, scales: first, zeros: second }),
  };
}
