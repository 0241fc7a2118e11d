/** Coverage: suites against what is stored, and shapes that differ without colour. */
import { describe, expect, it } from 'vitest';
import suiteList from '../../data/suites.json' with { type: 'json' };
import type { CoverageRow } from '../../data/views.ts';
import { shippedModels } from '../../eval/models.ts';
import { suites } from '../../eval/suites/index.ts';
import { COVERED } from '../../scripts/suites.ts';
import { coverageState, STATES, suiteMatrix } from '../../site/lib/coverage-cells.ts';
import { DATA } from '../data/data-folder.ts';

describe('data/suites.json', () => {
  it.each(COVERED)(
    'has the models and recipes of the suite %s (else: node scripts/suites.ts)',
    async (id) => {
      const stored = suiteList.find((suite) => suite.id === id)!;
      const { title, recipes, models } = suites[id];
      expect(stored).toMatchObject({ title, recipes, models: models(await shippedModels(DATA)) });
    },
  );

  it('leaves out only cells of itself, each with a reason', () => {
    for (const { models, recipes, exclusions } of suiteList)
      for (const { model, recipe, reason } of exclusions) {
        expect(models).toContain(model);
        expect(recipes).toContain(recipe);
        expect(reason).toMatch(/^\[.+\] .+\.$/);
      }
  });
});

describe('a suite', () => {
  const suite = {
    ...{
      id: 'made-up',
      title: 'Made up',
      models: ['a', 'b'],
      recipes: ['fp16', 'rtn-w4'],
      tasks: ['t1', 't2'],
    },
    exclusions: [{ model: 'b', recipe: 'rtn-w4', task: null, reason: '[rtn] b: no.' }],
  };
  const stored = (model_id: string, recipe_id: string, done: string[], failed: string[] = []) =>
    [`${model_id} ${recipe_id}`, { model_id, recipe_id, done, failed }] as const;
  const known = new Map([
    stored('a', 'fp16', ['t1', 't2']),
    stored('b', 'fp16', ['t1']),
    stored('a', 'rtn-w4', [], ['t1']),
  ]);
  const matrix = suiteMatrix(suite as never, known);

  it('has a state for each model and recipe, and counts its cells of all tasks', () => {
    expect(matrix.recipes.map(({ cells }) => cells.map(({ state }) => state))).toEqual([
      ['measured', 'part'],
      ['failed', 'excluded'],
    ]);
    expect(matrix.counts).toEqual({ measured: 3, failed: 2, missing: 1, excluded: 2 });
  });

  it('has the command that measures what a model lacks', () => {
    expect(matrix.commands).toEqual([
      { model: 'a', cells: 2, command: 'pnpm eval --model a --recipe rtn-w4' },
      { model: 'b', cells: 1, command: 'pnpm eval --model b --recipe fp16' },
    ]);
  });
});

it('no two states share a sign', () => {
  const signs = Object.values(STATES).map(({ sign }) => sign);
  expect(new Set(signs).size).toBe(signs.length);
});

it('a pair is measured, reported, both, failed or missing', () => {
  const cell = (counts: Partial<CoverageRow>) =>
    coverageState({ reported: 0, measured: 0, submitted: 0, failed: 0, ...counts } as CoverageRow);
  expect(coverageState(null)).toBe('missing');
  expect(cell({ measured: 1, failed: 1 })).toBe('measured');
  expect(cell({ measured: 1, reported: 2 })).toBe('both');
  expect(cell({ submitted: 1 })).toBe('reported');
  expect(cell({ failed: 3 })).toBe('failed');
});
