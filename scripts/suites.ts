/** Writes data/suites.json: the cells of each suite, and what the planner leaves out with its reason (`node scripts/suites.ts`). */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hubEnvironment } from '../eval/checkpoint/hub.ts';
import { withSuite } from '../eval/cli/suite.ts';
import { readConfig } from '../eval/config.ts';
import { PROJECT_ROOT } from '../eval/machine.ts';
import { shippedModels } from '../eval/models.ts';
import { suites } from '../eval/suites/index.ts';
import type { Suite } from '../eval/suites/suite.ts';
import { prepareSweep, type Surroundings } from '../eval/sweep.ts';

const dataFolder = join(PROJECT_ROOT, 'data');

/** Suites that are planned for the page of coverage: the others are parts of these, or need data of others. */
export const COVERED = ['grid', 'methods'] as const satisfies readonly (keyof typeof suites)[];

const around: Surroundings = {
  ...{ root: PROJECT_ROOT, cwd: PROJECT_ROOT, dataFolder, now: () => new Date(), log: () => {} },
  hub: hubEnvironment({}),
  output: { write: () => {}, columns: undefined, clock: () => 0 },
};

/** The cells of a suite; the reason of an exclusion is a full sentence of the planner. */
export async function describeSuite(suite: Suite) {
  const shipped = await shippedModels(dataFolder);
  const config = readConfig(withSuite({}, suite, shipped), around);
  if ('problems' in config) throw new Error(JSON.stringify(config.problems));
  const prepared = await prepareSweep(config, around);
  try {
    const { exclusions } = prepared.plan;
    return {
      id: suite.id,
      title: suite.title,
      models: suite.models(shipped),
      recipes: suite.recipes,
      tasks: prepared.tasks.map(({ task }) => task.id).sort(),
      exclusions: exclusions.map(({ model, recipe, task, reason }) => ({ model, recipe, task, reason })),
    };
  } finally {
    await prepared.close();
  }
}

if (import.meta.main) {
  const described = [];
  for (const id of COVERED) described.push(await describeSuite(suites[id]));
  writeFileSync(join(dataFolder, 'suites.json'), `${JSON.stringify(described, null, 1)}\n`);
}
