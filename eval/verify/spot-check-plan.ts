/** Which items of which runs a spot check measures again. */
import { BitlossError } from '../../data/errors.ts';
import type { FinishedCell, Manifest } from '../../data/schema.ts';
import { createEngine, engineDevices, type engines } from '../engines/index.ts';
import { verifyErrors } from '../errors/verify.ts';
import { describeMachine } from '../machine.ts';
import { createRng } from '../math/rng.ts';
import { allTasks } from '../submission/all-tasks.ts';
import { floorFor, type Stack, stackOf } from './noise-floor.ts';
import type { SpotCheckOptions } from './options.ts';
import { type NamedRun, publishedFiles, readNamed } from './published-runs.ts';
import { stateOf } from './record.ts';
import { type RunSample, sampleRun } from './sample.ts';

export interface ChosenRun {
  readonly run: NamedRun;
  readonly sample: RunSample;
}

export interface SpotCheckPlan {
  /** In random order, so that what a limit of time leaves is random too. */
  readonly runs: readonly ChosenRun[];
  /** Runs without a single cell that can be measured here, with the reasons. */
  readonly left: ReadonlyMap<string, string>;
  readonly engine: string;
}

/** @throws cli/arguments for an unknown run, verify/no-runs */
export async function planSpotCheck(options: SpotCheckOptions, dataFolder: string): Promise<SpotCheckPlan> {
  const files = publishedFiles(dataFolder);
  const named = await Promise.all(files.map((file) => readNamed(file, dataFolder)));
  const byId = new Map(named.map((run) => [run.content.run.run_id, run]));
  const unknown = options.runs.filter((id) => !byId.has(id));
  if (unknown.length > 0)
    throw verifyErrors.arguments(
      'spot-check',
      unknown.map((id) => `--run: there is no published run "${id}".`),
    );
  const wanted = options.runs.length === 0 ? [...byId.values()] : options.runs.map((id) => byId.get(id)!);
  const machine = await describeMachine();
  const left = new Map<string, string>();
  const runs: ChosenRun[] = [];
  const engine = await engineHere(options);
  for (const run of wanted) {
    const { content } = run;
    const id = content.run.run_id;
    const state = stateOf(dataFolder, id, null, true);
    // A doubt is not settled by a few items, and a whole run that came out again says more than they do.
    if (['disputed', 'withdrawn', 'reproduced'].includes(state)) {
      left.set(id, `it is ${state}`);
      continue;
    }
    const here: Stack = { engine, machine, params: content.run.models[0]!.params };
    const sample = sampleRun(content, options.fraction, options.seed, (cell) =>
      whyNot(cell, content.run, here, options),
    );
    if ('cells' in sample) runs.push({ run, sample });
    else left.set(id, [...sample.left.keys()].join('; '));
  }
  if (runs.length === 0) throw verifyErrors.noRuns([...byId.keys()]);
  return { runs: createRng(options.seed).shuffle(runs), left, engine: `${engine.id} ${engine.version}` };
}

/** The engine that was asked for; else CUDA where there is a GPU, and onnx where not. */
async function engineHere({ replacements: { engine, threads } }: SpotCheckOptions) {
  const id = engine ?? (hasGpu() ? 'cuda' : 'onnx');
  const created = await createEngine(id, { provider: 'cpu', threads, dtype: 'auto', device: 0 });
  await created.close();
  return created.info;
}

function hasGpu(): boolean {
  try {
    return (engineDevices('cuda' satisfies keyof typeof engines) ?? 0) > 0;
  } catch (error) {
    if (error instanceof BitlossError) return false;
    throw error;
  }
}

function whyNot(
  cell: FinishedCell,
  run: Manifest,
  here: Stack,
  { replacements: { data } }: SpotCheckOptions,
) {
  const task = allTasks.get(cell.task);
  if (cell.items === null) return 'no outcomes were published';
  if (task === undefined) return 'this version of the code does not know the task';
  if (task.version !== cell.task_version) return 'the task has another version now';
  if (task.kind === 'rolling' && task.item === 'document') return 'its items are whole texts';
  if (task.dataset.source === 'folder' && data === null) return 'its texts are not here: --data DIR';
  if (floorFor(stackOf(run), here, cell.recipe, true) === null)
    return 'weights are calibrated, and how far another engine leads is not known';
  return null;
}
