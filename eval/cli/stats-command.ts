/** `pnpm eval --stats`: how the numbers in the tensors of models are spread, stored as one file a model. */
import path from 'node:path';
import { BitlossError } from '../../data/errors.ts';
import { TENSOR_COLUMNS, type TensorFile } from '../../data/tensor-schema.ts';
import { type CalibrationText, drawSamples, openCalibrationText, sampleLength } from '../calibration.ts';
import type { RunConfig, Sweep } from '../config.ts';
import type { Engine } from '../engines/engine.ts';
import { engines } from '../engines/index.ts';
import { cliErrors, cliProblems } from '../errors/cli.ts';
import { describeCode } from '../machine.ts';
import { commandLine, forwardOptions } from '../manifest.ts';
import { type FoundModel, shippedModels } from '../models.ts';
import { Progress } from '../progress.ts';
import { publishTensorFile, writeTensorFile } from '../store/tensor-file.ts';
import { findModel, type Surroundings } from '../sweep.ts';
import { describeTensors } from '../tensors/describe.ts';
import { measureTensors } from '../tensors/measure.ts';
import { WORKSPACE_BYTES } from '../workbench.ts';
import type { Arguments } from './arguments.ts';
import type { OptionName } from './options.ts';

/** What these decide has no part in the statistics of a model as released. */
const FOREIGN = [
  'suite',
  'jobs',
  'recipe',
  'task',
  'data',
  'limit',
  'window',
  'bos',
  'memory',
  'db',
  'cache',
  'keep',
  'dry-run',
  'retry',
] as const satisfies readonly OptionName[];

/** Sentences about options that were given together with `--stats` and mean nothing there. */
export function statsProblems({ values, switches }: Arguments): readonly string[] {
  if (!switches.has('stats')) return [];
  return FOREIGN.filter((name) => values.has(name) || switches.has(name)).map(cliProblems.notWithStats);
}

/** A model that fails is told and the others go on; returns the exit status. */
export async function statsCommand(
  { sweep, places, behaviour }: RunConfig,
  around: Surroundings,
): Promise<number> {
  const names = sweep.models.length > 0 ? sweep.models : await shippedModels(around.dataFolder);
  const text = await openCalibrationText(sweep.calibration.text, sweep.data);
  const engine = await engines[sweep.engine as keyof typeof engines]({
    provider: sweep.provider,
    dtype: sweep.dtype,
    threads: behaviour.threads,
  });
  const steps = [...new Set(names)].map((label) => ({ kind: 'statistics', label, isCell: true }));
  const progress = new Progress(around.output, steps, 0);
  const failures: BitlossError[] = [];
  try {
    for (const step of steps) {
      progress.start(step);
      const work = {
        name: step.label,
        sweep,
        text,
        engine,
        onShare: (share: number) => progress.advance(share),
      };
      const content = await measureModel(work, around).catch((error: unknown) => {
        if (!(error instanceof BitlossError)) throw error;
        failures.push(error);
        return null;
      });
      progress.finish();
      if (content === null) continue;
      const { save } = behaviour;
      const file =
        save === null
          ? await writeTensorFile(path.join(places.results, 'tensors'), content)
          : await publishTensorFile(path.join(around.dataFolder, 'tensors', save), content);
      progress.log(describeTensors(content, path.relative(around.cwd, file)));
    }
  } finally {
    progress.close();
    await engine.close();
  }
  if (failures.length > 0) throw cliErrors.statistics(failures, steps.length);
  return 0;
}

interface Work {
  readonly name: string;
  readonly sweep: Sweep;
  readonly text: CalibrationText;
  readonly engine: Engine;
  readonly onShare: (share: number) => void;
}

async function measureModel(work: Work, around: Surroundings): Promise<TensorFile> {
  const startedAt = performance.now();
  const found = await findModel(work.name, around);
  try {
    return await measureFound(found, startedAt, work, around);
  } finally {
    await found.checkpoint.close();
  }
}

async function measureFound(
  { checkpoint, facts }: FoundModel,
  startedAt: number,
  { sweep, text, engine, onShare }: Work,
  around: Surroundings,
): Promise<TensorFile> {
  const { architecture, weights, tokenizer } = checkpoint;
  const { samples } = sweep.calibration;
  const length = sampleLength(sweep.calibration.length, architecture.maxPositions);
  const drawn = { samples, length, seed: sweep.seed };
  const { rows, tokens, notes } = await measureTensors({
    architecture,
    weights,
    engine,
    sequences: drawSamples(text, drawn, tokenizer),
    workspaceBytes: WORKSPACE_BYTES,
    onBlock: (done, total) => onShare(done / total),
  });
  const { source, revision } = facts.manifest;
  const model = revision === null ? source : `${source}@${revision}`;
  return {
    schema: 1,
    measured: {
      created_at: around.now().toISOString(),
      command: commandLine(['stats'], { model, ...forwardOptions(sweep) }),
      ...(await describeCode(around.root)),
      engine: engine.info,
      model: facts.manifest,
      text: { text: text.name, sha256: text.sha256, ...drawn },
      tokens,
      wall_ms: Math.round(performance.now() - startedAt),
      notes: [...notes],
    },
    columns: [...TENSOR_COLUMNS],
    rows: [...rows],
  };
}
