/** Single operations at the shapes of the large model, against what bandwidth or matrix rate allows. */

import type { BenchRow, Times } from '../../../data/bench-schema.ts';
import { type Bench, type Lab, repeatsOf, row } from '../bench.ts';
import { attentionOperations } from '../operations/attention.ts';
import { elementOperations } from '../operations/elements.ts';
import { matrixOperations } from '../operations/matrices.ts';
import type { Operation } from '../operations/operation.ts';
import { quantizeOperations } from '../operations/quantize.ts';
import type { Progress } from '../progress.ts';

/** Calls in one timed stretch, so that the gap before the first counts little. */
const CALLS = 10;

const GROUPS: readonly (readonly Operation[])[] = [
  matrixOperations,
  attentionOperations,
  elementOperations,
  quantizeOperations,
];

export const operations: Bench = {
  name: 'operations',
  title: 'Single operations at the shapes of Llama-3-8B',
  async run(lab: Lab, progress: Progress) {
    const rows: BenchRow[] = [];
    for (const operation of GROUPS.flat()) {
      const kernels = lab.kernels();
      const queue = operation.prepare(kernels);
      const calls = operation.calls ?? CALLS;
      const work = () => {
        for (let i = 0; i < calls; i++) queue();
      };
      const isArithmetic = 'flops' in operation.work;
      const amount = calls * ('flops' in operation.work ? operation.work.flops : operation.work.bytes);
      const limit = isArithmetic
        ? { value: lab.rates.matmul_flops_per_second, how: 'a bf16 product of 8192³' }
        : { value: lab.rates.copy_bytes_per_second, how: 'a large copy on the device, read plus written' };
      const unit = isArithmetic ? 'FLOP/s' : 'B/s';
      const what = `${operation.name} ${operation.shape}`;
      const timing = { stopwatch: kernels.stopwatch, work, repeats: repeatsOf(lab, 7), amount };
      const toRows = (ours: Times) => [row(what, unit, ours, { clock: 'device', limit })];
      rows.push(...(await progress.rows(what, timing, toRows)));
      kernels.release();
    }
    return rows;
  },
};
