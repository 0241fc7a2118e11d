/** Single operations at the shapes of the large model, against what bandwidth or matrix rate allows. */
import { type Bench, type Lab, repeatsOf, row } from '../bench.ts';
import { measure } from '../measure.ts';
import { attentionOperations } from '../operations/attention.ts';
import { elementOperations } from '../operations/elements.ts';
import { matrixOperations } from '../operations/matrices.ts';
import type { Operation } from '../operations/operation.ts';
import { quantizeOperations } from '../operations/quantize.ts';

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
  async run(lab: Lab) {
    const rows = [];
    for (const operation of GROUPS.flat()) {
      const kernels = lab.kernels();
      const queue = operation.prepare(kernels);
      const calls = operation.calls ?? CALLS;
      const work = () => {
        for (let i = 0; i < calls; i++) queue();
      };
      const isArithmetic = 'flops' in operation.work;
      const amount = calls * ('flops' in operation.work ? operation.work.flops : operation.work.bytes);
      const ours = await measure(kernels.stopwatch, work, repeatsOf(lab, 7), amount);
      kernels.release();
      const limit = isArithmetic
        ? { value: lab.rates.matmul_flops_per_second, how: 'a bf16 product of 8192³' }
        : { value: lab.rates.copy_bytes_per_second, how: 'a large copy on the device, read plus written' };
      const unit = isArithmetic ? 'FLOP/s' : 'B/s';
      rows.push(row(`${operation.name} ${operation.shape}`, unit, ours, { clock: 'device', limit }));
    }
    return rows;
  },
};
