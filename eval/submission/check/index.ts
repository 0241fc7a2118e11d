/** The rules about the content of a run, in the order in which their problems are told. A new one is a file here and a line below. */
import { artefacts } from './artefacts.ts';
import { baseline } from './baseline.ts';
import { calibration } from './calibration.ts';
import { cleanCommit } from './clean-commit.ts';
import { commandLine } from './command-line.ts';
import { complete } from './complete.ts';
import { dates } from './dates.ts';
import { duplicate } from './duplicate.ts';
import { flips } from './flips.ts';
import { interval } from './interval.ts';
import { knownEngine } from './known-engine.ts';
import { knownMetric } from './known-metric.ts';
import { knownModel } from './known-model.ts';
import { knownRecipe } from './known-recipe.ts';
import { knownTask } from './known-task.ts';
import { name } from './name.ts';
import { nearDuplicate } from './near-duplicate.ts';
import { outcomesComplete } from './outcomes-complete.ts';
import { plausible } from './plausible.ts';
import { range } from './range.ts';
import { recompute } from './recompute.ts';
import type { Rule } from './rule.ts';
import { size } from './size.ts';

export const rules: readonly Rule[] = [
  name,
  dates,
  commandLine,
  cleanCommit,
  complete,
  artefacts,
  calibration,
  knownModel,
  knownEngine,
  knownTask,
  knownRecipe,
  knownMetric,
  baseline,
  range,
  size,
  duplicate,
  outcomesComplete,
  recompute,
  flips,
  interval,
  nearDuplicate,
  plausible,
];
