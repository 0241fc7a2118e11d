/** Warm-up, repeats and the two clocks. */
import type { Times } from '../../data/bench-schema.ts';

/** Times one piece of work, which is finished on the device when the promise resolves. */
export interface Stopwatch {
  time(work: Work): Promise<{ readonly deviceMs: number | null; readonly wallMs: number }>;
}

export type Work = () => Promise<void> | void;

export interface Repeats {
  readonly warmUps: number;
  readonly repeats: number;
}

/** Follows a measurement, and may end it early. */
export interface Watch {
  /** @param warmUp  1 is the first */
  warmedUp(warmUp: number): void;
  /** Behind every repeat; what this takes is not measured. */
  repeated(soFar: Times): Promise<void>;
  /** Asked before every repeat but the first. */
  mayRepeat(): boolean;
}

/** @param amount  work of one repeat in the unit of the row */
export async function measure(
  stopwatch: Stopwatch,
  work: Work,
  { warmUps, repeats }: Repeats,
  amount: number,
  watch?: Watch,
): Promise<Times> {
  for (let i = 1; i <= warmUps; i++) {
    await stopwatch.time(work);
    watch?.warmedUp(i);
  }
  const device: number[] = [];
  const wall: number[] = [];
  const times = (): Times => {
    const device_ms = device.length === wall.length ? [...device] : null;
    return { label: null, amount, device_ms, wall_ms: [...wall], warm_ups: warmUps };
  };
  for (let i = 0; i < repeats && (i === 0 || (watch?.mayRepeat() ?? true)); i++) {
    const { deviceMs, wallMs } = await stopwatch.time(work);
    if (deviceMs !== null) device.push(deviceMs);
    wall.push(wallMs);
    await watch?.repeated(times());
  }
  return times();
}

/** For work that ends with a result on the host. */
export function wallClock(now: () => number): Stopwatch {
  return {
    time: async (work) => {
      const started = now();
      await work();
      return { deviceMs: null, wallMs: now() - started };
    },
  };
}

/** Mean of the two middle values where their number is even. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
}
