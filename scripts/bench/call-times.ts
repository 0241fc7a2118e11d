/** Device time of calls of one operation that the engine makes by itself, by events on its stream. */
import type { Device } from '../../eval/engines/cuda/device.ts';
import type { CudaOperations } from '../../eval/engines/cuda/operations.ts';

export interface CallTimes {
  /** Milliseconds of the calls since it was asked last; waits for them. */
  take(): number;
  /** The operations are as they were. */
  stop(): void;
}

type Place = Pick<Device, 'kernels' | 'createEvent' | 'elapsed'>;

/** Events around every Gram matrix that is added to a Hessian, until `stop`. */
export function watchGrams(device: Place, operations: Pick<CudaOperations, 'addGram'>): CallTimes {
  const pairs: { readonly from: number; readonly to: number }[] = [];
  let calls = 0;
  const addGram = operations.addGram;
  operations.addGram = (...call) => {
    const pair = pairs[calls] ?? { from: device.createEvent(), to: device.createEvent() };
    pairs[calls] = pair;
    calls += 1;
    device.kernels.eventRecord({ event: pair.from });
    addGram.apply(operations, call);
    device.kernels.eventRecord({ event: pair.to });
  };
  return {
    take: () => {
      const sum = pairs.slice(0, calls).reduce((all, { from, to }) => all + device.elapsed(from, to), 0);
      calls = 0;
      return sum;
    },
    stop: () => {
      operations.addGram = addGram;
      for (const { from, to } of pairs) {
        device.kernels.eventDestroy({ event: from });
        device.kernels.eventDestroy({ event: to });
      }
    },
  };
}
