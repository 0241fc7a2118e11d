/** Rounding every weight of the blocks to the grids of its group, and packing the codes. */
import type { BenchRow, Times } from '../../../data/bench-schema.ts';
import { BL } from '../../../eval/engines/cuda/kernels.gen.ts';
import { linearsOf } from '../../../eval/families/linears.ts';
import { type Bench, type Lab, repeatsOf, row } from '../bench.ts';
import type { KernelLab } from '../kernel-lab.ts';
import type { Progress } from '../progress.ts';
import { LLAMA_8B, linearParameters, shapeOf } from '../shapes.ts';

const GROUP = 128;
const BITS = [8, 4, 3, 2];
const DEVIATION = 0.02;

interface Matrix {
  readonly N: number;
  readonly K: number;
  readonly w: number;
}

interface Results {
  readonly codes: number;
  readonly packed: number;
  readonly scales: number;
  readonly zeros: number;
}

export const rtn: Bench = {
  name: 'rtn',
  title: 'RTN of all weights of the blocks, group 128, codes packed',
  async run(bench: Lab, progress: Progress) {
    const architecture = shapeOf(LLAMA_8B);
    const lab = bench.kernels();
    const matrices = linearsOf(architecture.blocks[0]).map(({ outFeatures: N, inFeatures: K }) => {
      return { N, K, w: lab.random('bf16', N * K, DEVIATION) };
    });
    const largest = Math.max(...matrices.map(({ N, K }) => N * K));
    const results: Results = {
      codes: lab.filled(largest),
      packed: lab.filled(largest),
      scales: lab.filled((largest / GROUP) * 4),
      zeros: lab.filled((largest / GROUP) * 2),
    };
    const rows: BenchRow[] = [];
    for (const bits of BITS) {
      const work = () => {
        for (let block = 0; block < architecture.blocks.length; block++)
          for (const matrix of matrices) roundAndPack(lab, matrix, bits, results);
      };
      const timing = { stopwatch: lab.stopwatch, work, repeats: repeatsOf(bench, 5), amount: 1 };
      const bytes = linearParameters(architecture) * (2 + bits / 8);
      const toRows = (ours: Times) => [
        row(`RTN of all weights, ${bits} bits, group ${GROUP}`, 's', ours, {
          clock: 'device',
          limit: {
            value: bytes / bench.rates.copy_bytes_per_second,
            how: 'weights read and packed codes written once at the measured bandwidth of a large copy',
          },
          required: { of: 'value', at_most: 2 },
          note: 'One block of weights stands for all; it is larger than the cache of the device.',
        }),
      ];
      rows.push(...(await progress.rows(`RTN, ${bits} bits`, timing, toRows)));
    }
    lab.release();
    return rows;
  },
};

function roundAndPack({ kernels }: KernelLab, { N, K, w }: Matrix, bits: number, to: Results): void {
  const { packed, ...grids } = to;
  const rule = { G: GROUP, bits, symmetric: 0, range: BL.RANGE_ZERO, mse: 0, importance: 0 };
  kernels.roundWeights({ dtype: BL.BF16, w, N, K, ...rule, ...grids });
  kernels.pack({ codes: to.codes, N, K, bits, packed });
}
