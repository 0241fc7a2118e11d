/** Measures units in worker processes, restarts those that die, and stores what they measure meanwhile and in the end. */
import path from 'node:path';
import type { FailedCell } from '../../data/schema.ts';
import { runErrors } from '../errors/run.ts';
import { cellsOf, type PlannedRun } from '../plan.ts';
import { runFilePath } from '../store/run-file.ts';
import type { StoredRun } from '../store/stored-run.ts';
import { judge, type Verdict } from './judge.ts';
import { Schedule } from './schedule.ts';
import type { Unit } from './units.ts';

/** Where one process works: its own results and database. */
export interface WorkerPlace {
  readonly results: string;
  readonly database: string;
  /** Counted from 1: how many processes have begun with this part of the work, this one included. */
  readonly attempt: number;
}

export interface WorkerStatus {
  readonly status: number | null;
  readonly signal: string | null;
}

export interface SpreadParts {
  /** One worker each, with what it is called in messages. */
  readonly lanes: readonly string[];
  readonly units: readonly Unit[];
  readonly recorders: ReadonlyMap<PlannedRun, StoredRun>;
  /** Folder for the places of workers. */
  readonly scratch: string;
  /** Runs a unit in a process of its own until that ends. */
  readonly launch: (unit: Unit, lane: number, place: WorkerPlace) => Promise<WorkerStatus>;
  readonly log: (line: string) => void;
  /** Milliseconds between two looks at what a worker has measured so far. @default 15 seconds */
  readonly adoptionPause?: number;
}

const ADOPTION_PAUSE = 15_000;

/** Resolves when all units are done or nobody is left to do them; what is missing then is missing in the recorders. */
export async function measureUnits(parts: SpreadParts): Promise<void> {
  const schedule = new Schedule(parts.units);
  const alone = oneAtATime();
  let working = parts.lanes.length;
  const work = async (lane: number) => {
    for (let unit = await schedule.take(); unit !== null; unit = await schedule.take()) {
      if ((await measureUnit(unit, lane, parts, alone)) !== 'leave-device') {
        schedule.settle(unit);
        continue;
      }
      working -= 1;
      parts.log(`${parts.lanes[lane]} is not used any more.`);
      if (working === 0) schedule.abandon();
      else schedule.giveBack(unit);
      return;
    }
  };
  await Promise.all(parts.lanes.map((_, lane) => work(lane)));
}

async function measureUnit(unit: Unit, lane: number, parts: SpreadParts, alone: Alone): Promise<Verdict> {
  const recorder = parts.recorders.get(unit.whole)!;
  let fruitless = 0;
  for (let attempt = 1; ; attempt += 1) {
    const folder = path.join(parts.scratch, `${unit.run.id}-${lane}-${attempt}`);
    const results = path.join(folder, 'local');
    const place = { results, database: path.join(folder, 'bitloss.duckdb'), attempt };
    const file = runFilePath(place.results, unit.run.id);
    const startedAt = performance.now();
    await alone(() => recorder.hand(unit.run, file));
    const meanwhile = adoptNowAndThen(
      () => alone(() => recorder.adopt(file, false)),
      parts.adoptionPause ?? ADOPTION_PAUSE,
    );
    const ended = await parts.launch(unit, lane, place);
    const gained = (await meanwhile.stop()) + (await alone(() => recorder.adopt(file, true)));
    const missing = missingCells(unit, recorder);
    const verdict = judge({ status: ended.status, isComplete: missing.length === 0, gained, fruitless });
    if (verdict !== 'again' && verdict !== 'fail-cell') return verdict;
    fruitless = gained > 0 || verdict === 'fail-cell' ? 0 : fruitless + 1;
    if (verdict === 'fail-cell')
      await alone(() => recorder.fail(lostCell(unit, missing[0]!, ended, performance.now() - startedAt)));
    parts.log(`${unit.run.model.manifest.id}: a new process goes on, ${missing.length} cells to go.`);
  }
}

/** Takes over what there is from time to time until it is stopped; tells then how many cells those were. */
function adoptNowAndThen(adopt: () => Promise<number>, pause: number) {
  let gained = 0;
  let last: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    // What fails for a reason that stays fails again when the worker has ended, and is told then.
    last = last.then(async () => void (gained += await adopt().catch(() => 0)));
  }, pause);
  return {
    stop: async () => {
      clearInterval(timer);
      await last;
      return gained;
    },
  };
}

/** Runs one piece of work at a time: all recorders write to one database. */
type Alone = <T>(work: () => Promise<T>) => Promise<T>;

function oneAtATime(): Alone {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work, work);
    last = result.catch(() => undefined);
    return result;
  };
}

/** In the order in which a worker measures them, so that the first is the one at which it ended. */
function missingCells({ run, recipes }: Unit, recorder: StoredRun) {
  return cellsOf(run).filter(({ key, recipe }) => recipes.includes(recipe) && !recorder.isKnown(key));
}

function lostCell(
  { run }: Unit,
  { key, recipe, task, settings }: ReturnType<typeof missingCells>[number],
  { status, signal }: WorkerStatus,
  wallMs: number,
): FailedCell {
  return {
    cell_key: key,
    model: run.model.manifest.id,
    recipe,
    task: task.id,
    task_version: task.version,
    settings: { ...settings },
    wall_ms: Math.round(wallMs),
    peak_memory_bytes: 0,
    error: runErrors.workerLost(signal === null ? `with status ${status}` : `by ${signal}`),
  };
}
