/** The time of a pass through all blocks of a model, from passes through fewer blocks of the same shape. */
import type { Times } from '../../data/bench-schema.ts';

export interface Passes {
  readonly blocks: number;
  readonly times: Times;
}

/**
 * The difference of two passes is the time of the blocks that one has more. A repeat of one goes with the same repeat of the
 * other; those that one has more are left out.
 * @param amount  work of a pass in the unit of the row
 */
export function extrapolated(few: Passes, many: Passes, blocks: number, amount: number): Times {
  const factor = (blocks - few.blocks) / (many.blocks - few.blocks);
  const repeats = Math.min(few.times.wall_ms.length, many.times.wall_ms.length);
  const wall_ms = Array.from({ length: repeats }, (_, i) => {
    const less = few.times.wall_ms[i]!;
    return less + factor * (many.times.wall_ms[i]! - less);
  });
  const warm_ups = Math.min(few.times.warm_ups, many.times.warm_ups);
  return { label: null, amount, device_ms: null, wall_ms, warm_ups };
}
