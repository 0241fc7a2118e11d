/** What a benchmark is, and what it is given to work with. */
import type { BenchRow, Measurement, Rates } from '../../data/bench-schema.ts';
import type { CudaEngine, RandomModelOptions } from '../../eval/engines/cuda/engine.ts';
import type { LoadedModel } from '../../eval/engines/engine.ts';
import type { Architecture } from '../../eval/families/architecture.ts';
import type { KernelLab } from './kernel-lab.ts';
import type { Repeats, Stopwatch } from './measure.ts';
import type { PeerResults } from './peers.ts';
import type { Progress } from './progress.ts';

export const DEFAULT_BUDGET = 60;

export interface Bench {
  readonly name: string;
  readonly title: string;
  /** What the Python side runs for it, under the name that it answers with; absent where nothing is compared. */
  readonly peer?: (quick: boolean) => {
    readonly name: string;
    readonly settings: { readonly repeats: number };
  };
  /** Seconds behind which no further repeat ends, peers not counted. @default DEFAULT_BUDGET */
  readonly budgetSeconds?: number;
  /** Returns every row; those that take long are shown to `progress` as they come. */
  run(lab: Lab, progress: Progress): Promise<readonly BenchRow[]>;
}

export interface Lab {
  /** Smaller work and fewer repeats: shows that everything runs, not how fast. */
  readonly quick: boolean;
  /** At most this many repeats; infinite unless a run must be short. */
  readonly mostRepeats: number;
  readonly rates: Rates;
  /** Watches the stream on which models and operations run. */
  readonly stopwatch: Stopwatch;
  /** A model of random bf16 weights; the one asked for last keeps them on the device. */
  model(architecture: Architecture, options?: RandomModelOptions): LoadedModel;
  /** The engine that models come from; those that it holds are put away before. */
  engine(): CudaEngine;
  /** What a peer measured, or why it did not. */
  peer: PeerResults['measurement'];
  /** Single operations; models are put away before. */
  kernels(): KernelLab;
  /** Bytes of the device that are in use, by whatever. */
  usedBytes(): number;
}

/** Two warm-ups and the repeats that the work allows; one warm-up in runs that must be short; quick: one of each. */
export function repeatsOf(
  { quick, mostRepeats }: Pick<Lab, 'quick' | 'mostRepeats'>,
  repeats: number,
): Repeats {
  if (quick) return { warmUps: 1, repeats: 1 };
  return { warmUps: mostRepeats < repeats ? 1 : 2, repeats: Math.min(repeats, mostRepeats) };
}

/** A row with nothing but ours; the rest is added by spreading. */
export function row(
  itsCase: string,
  unit: BenchRow['unit'],
  ours: Measurement,
  rest: Partial<BenchRow> = {},
): BenchRow {
  const nothing = { compared: null, limit: null, required: null, note: null };
  return { case: itsCase, unit, clock: 'wall', ours, ...nothing, ...rest };
}
