import { describe, expect, test } from 'vitest';
import { formatRecipe } from '../../data/recipe.ts';
import { parseArguments } from '../../eval/cli/arguments.ts';
import { describeProblems, rawSettings } from '../../eval/cli/settings.ts';
import {
  type ConfigProblem,
  DEFAULT_RECIPES,
  parseBytes,
  type RunConfig,
  readConfig,
  recipesOf,
} from '../../eval/config.ts';

const bases = { root: '/project', cwd: '/home/me' };

function configOf(raw: unknown): RunConfig {
  const config = readConfig(raw, bases);
  if ('problems' in config) throw new Error(JSON.stringify(config.problems));
  return config;
}

function problemsOf(raw: unknown): readonly ConfigProblem[] {
  const config = readConfig(raw, bases);
  return 'problems' in config ? config.problems : [];
}

test('every default is filled in', () => {
  expect(configOf({})).toEqual({
    sweep: {
      models: [],
      recipes: [
        'fp16',
        ...[8, 4, 3, 2].map((bits) => `rtn-w${bits}g128`),
        ...[8, 4, 3, 2].map((bits) => `gptq-w${bits}g128`),
      ],
      tasks: [],
      data: null,
      limit: null,
      limits: {},
      window: null,
      bos: 'tokenizer',
      engine: 'onnx',
      provider: 'cpu',
      dtype: 'auto',
      memory: 1_073_741_824,
      seed: 0,
      calibration: { text: 'world-train', samples: 128, length: null, mode: 'sequential' },
    },
    places: {
      database: '/project/data/bitloss.duckdb',
      results: '/project/data/local',
      cache: '/project/.cache',
    },
    behaviour: {
      dryRun: false,
      keep: false,
      retry: false,
      jobs: null,
      devices: null,
      threads: 0,
      save: null,
    },
  });
});

test('places that somebody names start where that person is', () => {
  const { places, sweep } = configOf({
    places: { database: 'b.duckdb', results: '/data/out' },
    sweep: { data: '~/sets' },
  });
  expect(places).toEqual({ database: '/home/me/b.duckdb', results: '/data/out', cache: '/project/.cache' });
  expect(sweep.data).toMatch(/^\/.*\/sets$/);
});

test('a configuration is its own configuration, so that a run file can be read back', () => {
  const { sweep } = configOf({
    sweep: {
      limit: '7',
      limits: { 'world-text': '3' },
      memory: '2GiB',
      seed: '-1',
      calibration: { samples: 3 },
    },
  });
  expect(sweep).toMatchObject({
    limit: 7,
    limits: { 'world-text': 3 },
    memory: 2 ** 31,
    seed: -1,
    calibration: { samples: 3 },
  });
  expect(configOf({ sweep }).sweep).toEqual(sweep);
});

test.each([
  ['512', 512],
  ['1.5kB', 1500],
  ['2GiB', 2 ** 31],
  ['2 gib', 2 ** 31],
  ['3G', 3 * 2 ** 30],
  ['1e9', Number.NaN],
  ['-1', Number.NaN],
  ['2 giraffes', Number.NaN],
  ['', Number.NaN],
])('%j is %d bytes', (text, bytes) => {
  expect(parseBytes(text)).toBe(bytes);
});

describe('problems', () => {
  test('are all told, with what was expected', () => {
    const sweep = { limit: 0, window: 1, memory: 'much', provider: 'tpu', seed: 1.5, recipes: [], extra: 1 };
    expect(problemsOf({ sweep, behaviour: { save: '../x' } })).toMatchInlineSnapshot(`
      [
        {
          "expected": "Too small: expected array to have >=1 items",
          "where": "sweep.recipes",
        },
        {
          "expected": "a whole number of items, at least 1",
          "where": "sweep.limit",
        },
        {
          "expected": "a whole number of tokens, at least 2",
          "where": "sweep.window",
        },
        {
          "expected": "cpu or webgpu",
          "where": "sweep.provider",
        },
        {
          "expected": "a size such as 512MiB or 2GiB",
          "where": "sweep.memory",
        },
        {
          "expected": "a whole number",
          "where": "sweep.seed",
        },
        {
          "expected": "Unrecognized key: "extra"",
          "where": "sweep",
        },
        {
          "expected": "a lower-case name such as bitloss",
          "where": "behaviour.save",
        },
      ]
    `);
  });

  test('name the option that they came from', () => {
    const given = parseArguments([
      '--limit',
      'x,world-text=0',
      '--jobs=0',
      '--memory',
      '0',
      '--calibration-samples=-2',
      '--save',
      'A B',
      '--bos',
      'no',
    ]);
    expect(describeProblems(problemsOf(rawSettings(given)), given)).toMatchInlineSnapshot(`
      [
        "--limit: expected a whole number of items, at least 1, got "x, world-text=0".",
        "--bos: expected tokenizer, always, never or window, got "no".",
        "--memory: expected a size above zero, got "0".",
        "--calibration-samples: expected a whole number of samples, at least 1, got "-2".",
        "--jobs: expected a whole number of processes, at least 1, got "0".",
        "--save: expected a lower-case name such as bitloss, got "A B".",
      ]
    `);
  });
});

test('recipes come once each, without the 16-bit model', () => {
  const ids = recipesOf({ recipes: ['rtn-w4', 'fp16', 'rtn-w4', 'gptq-w2g64'] }).map(formatRecipe);
  expect(ids).toEqual(['rtn-w4', 'gptq-w2g64']);
  expect(recipesOf({ recipes: DEFAULT_RECIPES })).toHaveLength(8);
});
