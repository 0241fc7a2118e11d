/** Device time of calls that the engine makes by itself, by events on its stream. */
import type { Device } from '../../eval/engines/cuda/device.ts';

export interface CallTimes {
  /** Milliseconds of the calls since it was asked last; waits for them. */
  take(): number;
  /** The operations are as they were. */
  stop(): void;
}

type Place = Pick<Device, 'kernels' | 'createEvent' | 'elapsed'>;
type Watched<Name extends string> = Record<Name, (...given: never[]) => void>;

/** Events around every call of some functions that queue work, until `stop`. */
export function watchCalls<Name extends string>(
  device: Place,
  target: Watched<Name>,
  names: readonly Name[],
): CallTimes {
  const pairs: { readonly from: number; readonly to: number }[] = [];
  let calls = 0;
  const between = (work: () => void) => {
    const pair = pairs[calls] ?? { from: device.createEvent(), to: device.createEvent() };
    pairs[calls] = pair;
    calls += 1;
    device.kernels.eventRecord({ event: pair.from });
    work();
    device.kernels.eventRecord({ event: pair.to });
  };
  const originals = names.map((name) => ({ name, original: target[name] }));
  for (const { name, original } of originals)
    target[name] = (...given) => between(() => original.apply(target, given));
  return {
    take: () => {
      const sum = pairs.slice(0, calls).reduce((all, { from, to }) => all + device.elapsed(from, to), 0);
      calls = 0;
      return sum;
    },
    stop: () => {
      for (const { name, original } of originals) target[name] = original;
      for (const { from, to } of pairs) {
        device.kernels.eventDestroy({ event: from });
        device.kernels.eventDestroy({ event: to });
      }
    },
  };
}
