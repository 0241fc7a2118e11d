/** What to do when a worker process has ended. */

/** Exit status of a worker whose device has failed: only another process can use it again. */
export const DEVICE_LOST = 3;

/** Statuses of a worker that said what was wrong and stopped. */
const ORDERLY: readonly (number | null)[] = [0, 1, 2];

export interface WorkerEnd {
  /** Null where a signal ended it. */
  readonly status: number | null;
  /** Whether every cell of the unit is known now. */
  readonly isComplete: boolean;
  /** Cells that this process added. */
  readonly gained: number;
  /** Earlier processes in a row that added none. */
  readonly fruitless: number;
}

/**
 * `done`; `again` in a new process; `fail-cell`: the cell at which it ended fails, then again; `leave-device`: somebody
 * else has to take the unit; `give-up`: the unit cannot be measured, and the worker has said why.
 */
export type Verdict = 'done' | 'again' | 'fail-cell' | 'leave-device' | 'give-up';

/** A cell at which two processes in a row die fails; every verdict but the last two makes progress or is given once. */
export function judge({ status, isComplete, gained, fruitless }: WorkerEnd): Verdict {
  if (isComplete) return 'done';
  if (gained > 0) return 'again';
  if (ORDERLY.includes(status)) return 'give-up';
  if (fruitless === 0) return 'again';
  return status === DEVICE_LOST ? 'leave-device' : 'fail-cell';
}
