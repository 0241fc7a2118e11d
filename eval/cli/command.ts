/** What `pnpm eval` does with its arguments. Returns the exit status; throws `BitlossError` for what a person can mend. */
import path from 'node:path';
import { type RunConfig, readConfig } from '../config.ts';
import { engineDevices } from '../engines/index.ts';
import { cliErrors, cliProblems } from '../errors/cli.ts';
import { runErrors } from '../errors/run.ts';
import { families } from '../families/index.ts';
import { methods } from '../methods/index.ts';
import { shippedModels } from '../models.ts';
import { cellsOf, type PlannedRun } from '../plan.ts';
import { publishRun } from '../store/publish.ts';
import { readRunFile, runFilePath } from '../store/run-file.ts';
import { Store } from '../store.ts';
import { findSuite, suites } from '../suites/index.ts';
import type { Suite } from '../suites/suite.ts';
import { executeSweep, type PreparedSweep, prepareSweep, type Surroundings } from '../sweep.ts';
import type { Arguments } from './arguments.ts';
import { helpText } from './help.ts';
import { measureInJobs } from './jobs.ts';
import { allTasks, known } from './known.ts';
import { lanesOf, usualJobs } from './lanes.ts';
import { listText } from './list.ts';
import { checkNames } from './names.ts';
import { describeExclusion, exclusionText, planText, summaryText } from './plan-text.ts';
import { describeProblems, rawSettings } from './settings.ts';
import { statsCommand, statsProblems } from './stats-command.ts';
import { withSuite } from './suite.ts';

export async function evalCommand(given: Arguments, around: Surroundings): Promise<number> {
  const { write, columns } = around.output;
  if (given.switches.has('help')) {
    write(helpText(Math.min(columns ?? 100, 120)));
    return 0;
  }
  if (given.switches.has('list')) {
    const models = await shippedModels(around.dataFolder);
    write(
      listText({
        models,
        suites: Object.values(suites),
        families: Object.values(families),
        methods: Object.values(methods),
        tasks: allTasks,
        engines: known.engines,
      }),
    );
    return 0;
  }
  const config = await checkedConfig(given, around);
  if (given.switches.has('stats')) return statsCommand(config, around);
  if (config.behaviour.dryRun) {
    const prepared = await prepareSweep(config, around);
    return showPlan(prepared, config, around).finally(prepared.close);
  }
  const devices = engineDevices(config.sweep.engine);
  const prepared = await prepareSweep(config, around, lanesOf(config.behaviour, devices).length > 0);
  try {
    const lanes = lanesOf(config.behaviour, devices, usualJobs(prepared.models, devices));
    if (lanes.length > 0) {
      const missing = await measureInJobs(given, lanes, prepared, config, around);
      if (missing > 0) throw runErrors.incomplete(missing, cellsIn(prepared));
    }
    // After jobs everything is stored, and what remains is to tell of it.
    const status = await execute(prepared, config, around);
    if (prepared.problems.length > 0) throw cliErrors.inputs(prepared.problems);
    return status;
  } finally {
    await prepared.close();
  }
}

function cellsIn({ plan }: PreparedSweep): number {
  return plan.runs.reduce((sum, run) => sum + cellsOf(run).length, 0);
}

/** Throws `cli/arguments` with every problem of arguments, values and names. */
async function checkedConfig(given: Arguments, around: Surroundings): Promise<RunConfig> {
  const problems = [...given.problems, ...statsProblems(given)];
  const [name = suites.default.id] = given.values.get('suite') ?? [];
  const suite = findSuite(name);
  if (suite === null) problems.push(cliProblems.unknownName('--suite', 'suite', name, Object.keys(suites)));
  const shipped = await shippedModels(around.dataFolder);
  // Statistics are of every shipped model unless some are named.
  const raw = rawSettings(given);
  const settings = given.switches.has('stats') ? raw : withSuite(raw, suite ?? suites.default, shipped);
  const config = readConfig(settings, around);
  if ('problems' in config) problems.push(...describeProblems(config.problems, given));
  const names = readConfig({ sweep: namesIn(given, suite, shipped) }, around);
  if (!('problems' in names))
    problems.push(...(await checkNames(names.sweep, known, around.dataFolder, around.cwd)));
  if (problems.length > 0 || 'problems' in config) throw cliErrors.arguments(problems);
  return config;
}

/** Names are checked even where another value is wrong; those of a suite may need data or models that are not here. */
function namesIn({ values }: Arguments, suite: Suite | null, shipped: readonly string[]) {
  const { model, recipe: recipes, task, data, engine, limit = [] } = Object.fromEntries(values);
  return {
    models: model ?? suite?.models(shipped) ?? [],
    tasks: task ?? suite?.tasks ?? [],
    ...(recipes === undefined ? {} : { recipes }),
    ...(data === undefined ? {} : { data: data[0] }),
    ...(engine === undefined ? {} : { engine: engine[0] }),
    limits: Object.fromEntries(limitedTasks(limit).map((id) => [id, 1])),
  };
}

function limitedTasks(limits: readonly string[]): readonly string[] {
  return limits.filter((value) => value.includes('=')).map((value) => value.split('=')[0]!);
}

async function showPlan(
  { plan }: PreparedSweep,
  { places }: RunConfig,
  { output }: Surroundings,
): Promise<number> {
  const stored = new Map<PlannedRun, number>();
  for (const run of plan.runs) {
    const file = await readRunFile(runFilePath(places.results, run.id));
    stored.set(run, file?.cells.filter((cell) => !('error' in cell)).length ?? 0);
  }
  output.write(planText(plan, (run) => stored.get(run) ?? 0));
  return 0;
}

/** Failed cells are results; only where no cell at all could be measured is the status 1. */
async function execute(prepared: PreparedSweep, config: RunConfig, around: Surroundings): Promise<number> {
  const { plan } = prepared;
  if (plan.runs.length === 0) throw cliErrors.emptyPlan(plan.exclusions.map(describeExclusion));
  for (const line of exclusionText(plan.exclusions)) around.log(line);
  const store = await Store.open(config.places, around.dataFolder);
  try {
    const startedAt = performance.now();
    const done = await executeSweep(prepared, config, store, around);
    for (const { run, summary, file } of done) {
      around.log(summaryText(run, summary, file, performance.now() - startedAt));
      if (config.behaviour.save !== null) {
        const copy = await publishRun(file, around.dataFolder, config.behaviour.save);
        around.log(`  copied to ${path.relative(around.cwd, copy)}`);
      }
    }
    return done.some(({ summary }) => summary.failed < summary.measured + summary.reused) ? 0 : 1;
  } finally {
    store.close();
  }
}
