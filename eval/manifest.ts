/** Everything that is needed to make the numbers of a run again, and where and when they were made. */
import type { Manifest } from '../data/schema.ts';
import type { OptionName } from './cli/options.ts';
import { type Sweep, sweepSchema } from './config.ts';
import type { EngineInfo } from './engines/engine.ts';
import type { describeCode, describeMachine } from './machine.ts';
import { processPeakBytes } from './memory.ts';
import type { PlannedRun, TaskFacts } from './plan.ts';

/** What one call of the command knows, the same for all its runs. */
export interface Session {
  readonly startedAt: Date;
  readonly sweep: Sweep;
  readonly engine: EngineInfo;
  /** Hash of the library of compiled kernels; null for engines without one. */
  readonly librarySha256: string | null;
  /** Null for engines without memory of their own. */
  readonly peakDeviceBytes: () => number | null;
  readonly code: Awaited<ReturnType<typeof describeCode>>;
  readonly machine: Awaited<ReturnType<typeof describeMachine>>;
  readonly tasks: readonly TaskFacts[];
}

/** A call of the command that measured cells of a run; a run that was killed and resumed has several. */
type SessionRecord = {
  readonly started_at: string;
  readonly wall_ms: number;
  readonly code_commit: string | null;
  readonly code_dirty: boolean;
  /** Processor and number of cores. */
  readonly machine: string;
};

/**
 * The manifest of a run as of now.
 * @param earlier what earlier sessions stored; its creation time stays, times add up, the larger peak counts, and the
 *   machine that spent more time is named
 * @param elapsedMs of this session, spent on this run
 */
export function buildManifest(
  run: PlannedRun,
  session: Session,
  earlier: Manifest | null,
  elapsedMs: number,
): Manifest {
  const { engine, sweep, code, machine } = session;
  const used = new Set(run.recipes.flatMap(({ cells }) => cells.map(({ task }) => task.id)));
  const thisSession: SessionRecord = {
    started_at: session.startedAt.toISOString(),
    wall_ms: Math.round(elapsedMs),
    ...code,
    machine: nameOf(machine),
  };
  return {
    run_id: run.id,
    created_at: earlier?.created_at ?? session.startedAt.toISOString(),
    command: commandOf(run, sweep),
    ...code,
    engine: { ...engine, settings: { weights_residency_bytes: sweep.memory, ...deviceMemory(session) } },
    kernel_library_sha256: session.librarySha256,
    machine: earlier !== null && earlier.wall_ms > elapsedMs ? earlier.machine : machine,
    models: [run.model.manifest],
    datasets: datasetsOf(session.tasks.filter(({ task }) => used.has(task.id))),
    calibration: run.recipes.find(({ calibration }) => calibration !== null)?.calibration ?? null,
    settings: { sweep: sweepOf(run, sweep), sessions: [...sessionsOf(earlier), thisSession] },
    seed: sweep.seed,
    wall_ms: (earlier?.wall_ms ?? 0) + Math.round(elapsedMs),
    peak_memory_bytes: Math.max(earlier?.peak_memory_bytes ?? 0, processPeakBytes()),
  };
}

/** Most bytes that were in use on the device so far, where the engine has one. */
function deviceMemory({ peakDeviceBytes }: Session) {
  const bytes = peakDeviceBytes();
  // A process that lets others measure has an engine that held nothing.
  return bytes === null || bytes === 0 ? {} : { peak_device_bytes: bytes };
}

/** The sweep narrowed to one run, every list spelt out, so that later defaults change nothing. */
export function sweepOf(run: PlannedRun, sweep: Sweep) {
  const recipes = run.recipes.map(({ id }) => id);
  const tasks = [...new Set(run.recipes.flatMap(({ cells }) => cells.map(({ task }) => task.id)))];
  const { source, revision } = run.model.manifest;
  const model = revision === null ? source : `${source}@${revision}`;
  const limits = Object.fromEntries(Object.entries(sweep.limits).filter(([task]) => tasks.includes(task)));
  return { ...sweep, models: [model], recipes, tasks, limits, calibration: { ...sweep.calibration } };
}

/** The command line that makes a run again. Options at their default are left out, lists never. */
export function commandOf(run: PlannedRun, sweep: Sweep): string {
  const { models, recipes, tasks, limits } = sweepOf(run, sweep);
  const usual = sweepSchema.parse({});
  const { engine, provider, dtype, seed, ...calibration } = forwardOptions(sweep);
  return commandLine([], {
    model: models.join(','),
    recipe: recipes.join(','),
    task: tasks.join(','),
    data: sweep.data,
    limit: limitList(sweep.limit, limits),
    window: sweep.window,
    bos: sweep.bos === usual.bos ? null : sweep.bos,
    engine,
    provider,
    dtype,
    seed,
    ...calibration,
  });
}

/** The manifest of a run whose cells other processes measure: their sessions and times, none of this process. */
export function collectedManifest(run: PlannedRun, session: Session, earlier: Manifest | null): Manifest {
  const manifest = buildManifest(run, session, earlier, 0);
  return { ...manifest, settings: { ...manifest.settings, sessions: [...sessionsOf(earlier)] } };
}

type Options = Readonly<Partial<Record<OptionName, string | number | null>>>;

/** What decides the forward pass and the text it runs on; null for a default. */
export function forwardOptions(sweep: Sweep) {
  const usual = sweepSchema.parse({});
  const changed = (name: 'engine' | 'provider' | 'dtype' | 'seed') =>
    sweep[name] === usual[name] ? null : sweep[name];
  const calibration = (name: 'text' | 'samples' | 'mode') =>
    sweep.calibration[name] === usual.calibration[name] ? null : sweep.calibration[name];
  return {
    engine: changed('engine'),
    provider: changed('provider'),
    dtype: changed('dtype'),
    seed: changed('seed'),
    'calibration-text': calibration('text'),
    'calibration-samples': calibration('samples'),
    'calibration-length': sweep.calibration.length,
    'calibration-mode': calibration('mode'),
  } satisfies Options;
}

/** `pnpm eval` with switches and with the options that are not null. */
export function commandLine(switches: readonly OptionName[], options: Options): string {
  const words = Object.entries(options).flatMap(([name, value]) =>
    value === null ? [] : [`--${name}`, quote(String(value))],
  );
  return ['pnpm eval', ...switches.map((name) => `--${name}`), ...words].join(' ');
}

/** As `--limit` takes it; null where everything is measured. */
function limitList(all: number | null, single: Readonly<Record<string, number>>): string | null {
  const parts = [
    ...(all === null ? [] : [String(all)]),
    ...Object.entries(single).map(([task, limit]) => `${task}=${limit}`),
  ];
  return parts.length === 0 ? null : parts.join(',');
}

/** Several tasks may read files of one dataset; each file stands once. */
function datasetsOf(tasks: readonly TaskFacts[]): Manifest['datasets'] {
  const byDataset = Map.groupBy(tasks, ({ task }) => task.dataset.id);
  return [...byDataset].map(([id, sharing]) => {
    const files = new Map(sharing.flatMap(({ files }) => files.map((file) => [file.name, { ...file }])));
    return { id, files: [...files.values()] };
  });
}

/**
 * The manifest of what several runs measured together: the oldest creation time, all sessions in order, times added up.
 * @param manifests of the run itself, if there is one, and of the runs whose cells it takes over; null for none
 */
export function joinManifests(manifests: readonly Manifest[]): Manifest | null {
  const byTime = manifests.toSorted((a, b) => a.created_at.localeCompare(b.created_at));
  const [longest] = manifests.toSorted((a, b) => b.wall_ms - a.wall_ms);
  if (longest === undefined) return null;
  const sessions = new Map(byTime.flatMap(sessionsOf).map((session) => [JSON.stringify(session), session]));
  return {
    ...longest,
    created_at: byTime[0]!.created_at,
    settings: { ...longest.settings, sessions: [...sessions.values()] },
    wall_ms: byTime.reduce((sum, { wall_ms }) => sum + wall_ms, 0),
    peak_memory_bytes: Math.max(...byTime.map(({ peak_memory_bytes }) => peak_memory_bytes)),
  };
}

function sessionsOf(earlier: Manifest | null): readonly SessionRecord[] {
  const sessions = earlier?.settings.sessions;
  if (earlier === null || !Array.isArray(sessions)) return [];
  return (sessions as SessionRecord[]).map((session) => ({
    ...session,
    machine: session.machine ?? nameOf(earlier.machine),
  }));
}

function nameOf({ cpu, cores }: Manifest['machine']): string {
  return `${cpu}, ${cores} cores`;
}

/** For a POSIX shell. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
