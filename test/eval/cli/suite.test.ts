import { describe, expect, test } from 'vitest';
import { parseRecipe } from '../../../data/recipe.ts';
import { parseArguments } from '../../../eval/cli/arguments.ts';
import { argumentsOf, retrySwitch, threadsOfJob } from '../../../eval/cli/jobs.ts';
import { known } from '../../../eval/cli/known.ts';
import { lanesOf } from '../../../eval/cli/lanes.ts';
import { rawSettings } from '../../../eval/cli/settings.ts';
import { withSuite } from '../../../eval/cli/suite.ts';
import { readConfig } from '../../../eval/config.ts';
import { methodFor } from '../../../eval/methods/index.ts';
import { findSuite, suites } from '../../../eval/suites/index.ts';
import type { Suite } from '../../../eval/suites/suite.ts';

const SHIPPED = ['bitloss-english-3m', 'bitloss-llama-3m', 'bitloss-mamba-1.6m'];

const suite: Suite = {
  id: 'example',
  title: 'An example',
  models: (shipped) => shipped.slice(1),
  recipes: ['fp16', 'rtn-kv4'],
  tasks: ['world-text', 'world-facts'],
  limit: 400,
  limits: { 'world-text': 20 },
};

function sweepOf(options: string, from: Suite = suite) {
  const raw = rawSettings(parseArguments(options.split(' ').filter((word) => word !== '')));
  const config = readConfig(withSuite(raw, from, SHIPPED), { root: '/', cwd: '/' });
  if ('problems' in config) throw new Error(JSON.stringify(config.problems));
  const { models, recipes, tasks, limit, limits } = config.sweep;
  return { models, recipes, tasks, limit, limits };
}

const all = {
  models: ['bitloss-llama-3m', 'bitloss-mamba-1.6m'],
  recipes: ['fp16', 'rtn-kv4'],
  tasks: ['world-text', 'world-facts'],
  limit: 400,
  limits: { 'world-text': 20 },
};

describe('a suite', () => {
  test('fills in what nobody named', () => {
    expect(sweepOf('')).toEqual(all);
    expect(sweepOf('--model x --seed 3')).toEqual({ ...all, models: ['x'] });
    expect(sweepOf('--recipe rtn-w4')).toEqual({ ...all, recipes: ['rtn-w4'] });
  });

  test('limits its own tasks only', () => {
    expect(sweepOf('--task piqa')).toEqual({ ...all, tasks: ['piqa'], limit: null, limits: {} });
    expect(sweepOf('--limit 5')).toEqual({ ...all, limit: 5, limits: {} });
    expect(sweepOf('--limit world-facts=7,9')).toEqual({ ...all, limit: 9, limits: { 'world-facts': 7 } });
  });

  test('by default leaves the tasks of a data folder alone', () => {
    const { tasks, limit } = sweepOf('--data sets', suites.default);
    expect({ tasks, limit }).toEqual({ tasks: [], limit: null });
    expect(sweepOf('--data sets')).toEqual(all);
  });
});

describe('the suites', () => {
  test.each(Object.entries(suites))('%s names what exists', (id, { recipes, tasks, limits, ...named }) => {
    expect(named.id).toBe(id);
    expect(findSuite(id)).toMatchObject({ id });
    expect(recipes[0]).toBe('fp16');
    for (const recipe of recipes.slice(1)) expect(() => methodFor(parseRecipe(recipe))).not.toThrow();
    expect(known.tasks).toEqual(expect.arrayContaining([...tasks, ...Object.keys(limits)]));
  });

  test('default measures cells of the zoo', () => {
    const { recipes, tasks, limit, limits } = suites.default;
    expect(suites.zoo.recipes).toEqual(expect.arrayContaining([...recipes]));
    expect({ tasks, limit, limits }).toEqual({
      tasks: suites.zoo.tasks,
      limit: suites.zoo.limit,
      limits: suites.zoo.limits,
    });
    expect(suites.zoo.models(SHIPPED)).toEqual(expect.arrayContaining([...suites.default.models(SHIPPED)]));
  });

  test('zoo takes every shipped model of the world, english the other one', () => {
    expect(suites.zoo.models(SHIPPED)).toEqual(['bitloss-llama-3m', 'bitloss-mamba-1.6m']);
    expect(suites.english.models(SHIPPED)).toEqual(['bitloss-english-3m']);
    expect(findSuite('zo')).toBeNull();
  });
});

describe('jobs', () => {
  test('get the command line without what differs between them', () => {
    const line =
      '-s zoo -m a,b --jobs 3 --threads 2 --db x --save me --limit 5 --limit t=6 --retry --keep --devices 0,1 -r rtn-w4';
    expect(argumentsOf(parseArguments(line.split(' '))).join(' ')).toBe(
      '--suite zoo --limit 5 --limit t=6 --keep',
    );
  });

  test('are lanes, several on the processor and one or more on each GPU', () => {
    const names = (jobs: number | null, devices: number[] | null, present: number | null, usual = 1) =>
      lanesOf({ jobs, devices }, present, usual).map(({ name, args }) => [name, ...args].join(' '));
    expect(names(1, null, null)).toEqual([]);
    expect(names(3, null, null)).toEqual(['', '', '']);
    expect(names(1, null, 2)).toEqual(['GPU 0 --devices 0', 'GPU 1 --devices 1']);
    expect(names(2, [3], 4)).toEqual(['GPU 3 --devices 3', 'GPU 3 --devices 3']);
    expect(names(2, [0, 2], 4).map((name) => name.slice(0, 5))).toEqual(['GPU 0', 'GPU 2', 'GPU 0', 'GPU 2']);
    // This process itself, or a process that can be replaced when the GPU fails.
    expect(names(1, [0], 1)).toEqual([]);
    expect(names(1, null, 1)).toEqual(['GPU 0 --devices 0']);
    expect(names(null, null, 2, 4)).toHaveLength(8);
    expect(names(null, [1], 2, 4)).toEqual([]);
    expect(names(null, null, null)).toEqual([]);
  });

  test('measure again what failed, once where the new process fails too', () => {
    expect(retrySwitch(true, { attempt: 1 })).toEqual(['--retry']);
    expect(retrySwitch(true, { attempt: 2 })).toEqual([]);
    expect(retrySwitch(false, { attempt: 1 })).toEqual([]);
  });

  test.each([
    [1, 2, 2],
    [14, 64, 4],
    [3, 2, 1],
  ])('%i of them on %i cores have %i threads each', (jobs, cores, threads) => {
    expect(threadsOfJob(jobs, cores)).toBe(threads);
  });
});
