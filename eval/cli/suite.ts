/** Fills in what a suite says and nobody named. */
import { suites } from '../suites/index.ts';
import type { Suite } from '../suites/suite.ts';
import type { RawSettings } from './settings.ts';

/**
 * The settings with a suite behind them: what is named replaces the suite's, list by list. The suite's limits belong to
 * its tasks, so they go where tasks are named; so do the tasks of the default suite where `data` names other ones.
 * @param shipped names of the shipped models
 */
export function withSuite(raw: RawSettings, suite: Suite, shipped: readonly string[]): RawSettings {
  const named = (raw['sweep'] ?? {}) as RawSettings;
  const hasOwnTasks = 'tasks' in named || (suite === suites.default && 'data' in named);
  const hasOwnLimits = 'limit' in named || 'limits' in named;
  const tasks: RawSettings = hasOwnTasks ? {} : { tasks: suite.tasks };
  const limits: RawSettings =
    hasOwnTasks || hasOwnLimits || suite.limit === null
      ? {}
      : { limit: String(suite.limit), limits: limitsOf(suite) };
  return {
    ...raw,
    sweep: { models: suite.models(shipped), recipes: suite.recipes, ...tasks, ...limits, ...named },
  };
}

function limitsOf({ limits }: Suite): RawSettings {
  return Object.fromEntries(Object.entries(limits).map(([task, limit]) => [task, String(limit)]));
}
