/** Every benchmark on a device that only counts: what it asks for, and what its rows say. */
import { describe, expect, it } from 'vitest';
import { benchRowSchema, type Times } from '../../../data/bench-schema.ts';
import type { Kernels } from '../../../eval/engines/cuda/kernels.ts';
import type { GenerateRequest, LoadedModel, ScoreRequest } from '../../../eval/engines/engine.ts';
import type { Lab } from '../../../scripts/bench/bench.ts';
import { benches as all } from '../../../scripts/bench/benches/index.ts';
import { Progress } from '../../../scripts/bench/progress.ts';
import { choiceRequests, windowRequests } from '../../../scripts/bench/requests.ts';
import { valuesOf } from '../../../scripts/bench/values.ts';

// Calibrated compression has arithmetic of its own (gptq.native.test.ts), which a device that only counts does not do.
const CALIBRATED = ['gptq', 'gptq-files', 'pruning', 'quip', 'binary', 'awq', 'smoothquant', 'parallel'];
const benches = all.filter(({ name }) => !CALIBRATED.includes(name));

interface Seen {
  readonly scored: (readonly ScoreRequest[])[];
  readonly generated: (readonly GenerateRequest[])[];
  readonly calls: { readonly name: string; readonly values: Readonly<Record<string, unknown>> }[];
  readonly blocks: number[];
}

/** Of a clock that stands, so that budgets never end. */
const progress = () => new Progress({ budgetSeconds: 60, now: () => 0, log: () => {}, save: async () => {} });

function countingLab(quick: boolean): { lab: Lab; seen: Seen } {
  const seen: Seen = { scored: [], generated: [], calls: [], blocks: [] };
  // Everything takes a second, and ten milliseconds more for each step of a generation.
  let steps = 0;
  const stopwatch = {
    time: async (work: () => Promise<void> | void) => {
      steps = 0;
      await work();
      return { deviceMs: 1000 + 10 * steps, wallMs: 1000 + 10 * steps };
    },
  };
  const model = {
    score: async (requests: readonly ScoreRequest[]) => {
      seen.scored.push(requests);
      return [];
    },
    finalStates: async () => [],
    generate: async (requests: readonly GenerateRequest[]) => {
      seen.generated.push(requests);
      steps += requests[0].maxNewTokens;
      return requests.map(({ maxNewTokens }) => new Array<number>(maxNewTokens).fill(1));
    },
  } as unknown as LoadedModel;
  const kernels = new Proxy({} as Kernels, {
    get: (_, name: string) => (values: Readonly<Record<string, unknown>>) =>
      void seen.calls.push({ name, values }),
  });
  const lab: Lab = {
    quick,
    mostRepeats: Infinity,
    rates: { copy_bytes_per_second: 3e12, matmul_flops_per_second: 7e14 },
    stopwatch,
    model: ({ blocks }) => {
      seen.blocks.push(blocks.length);
      return model;
    },
    peer: (name, amount): Times => {
      return { label: `peer ${name}`, amount, device_ms: [4000], wall_ms: [4000], warm_ups: 1 };
    },
    kernels: () => ({
      kernels,
      stopwatch,
      random: () => 4096,
      upload: () => 4096,
      filled: () => 4096,
      release: () => {},
    }),
    engine: () => {
      throw new Error('there is none');
    },
    usedBytes: () => 2 ** 30,
  };
  return { lab, seen };
}

const named = (name: string) => benches.find((bench) => bench.name === name)!;

describe.each(benches)('$name', (bench) => {
  it.each([false, true])('gives rows that can be saved (quick: %s)', async (quick) => {
    const { lab } = countingLab(quick);
    const rows = await bench.run(lab, progress());
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) {
      expect(benchRowSchema.parse(row)).toEqual(row);
      expect(valuesOf(row).ours).toBeGreaterThan(0);
    }
    expect(new Set(rows.map((row) => row.case)).size).toBe(rows.length);
  });

  it('repeats what it times at least five times, or twice where that takes minutes', async () => {
    const { lab } = countingLab(false);
    for (const { ours } of await bench.run(lab, progress())) {
      if (!('wall_ms' in ours)) continue;
      const least = bench.name === 'streamed' ? 2 : bench.name === 'perplexity' ? 3 : 5;
      expect(ours.wall_ms.length).toBeGreaterThanOrEqual(least);
    }
  });
});

it('the work that is required is what is measured', async () => {
  const rateOf = async (name: string) => {
    const { lab } = countingLab(false);
    return Promise.all((await named(name).run(lab, progress())).map(async (row) => valuesOf(row).ours));
  };
  expect(await rateOf('scoring')).toEqual([8 * 2048]);
  // 128 steps of ten milliseconds behind the first.
  expect(await rateOf('decode')).toEqual([100, 800]);
  const { lab, seen } = countingLab(false);
  await named('choices').run(lab, progress());
  expect(seen.scored[0].length).toBe(64);
  expect(seen.scored[0][0].continuations.map(({ length }) => length)).toEqual([8, 9, 11, 12]);
  expect(seen.scored[0][0].context.length).toBe(700);
});

it('RTN rounds and packs every linear of every block', async () => {
  const { lab, seen } = countingLab(true);
  await named('rtn').run(lab, progress());
  // Seven linears, 32 blocks, four bit-widths, a warm-up and a repeat.
  const rounded = seen.calls.filter(({ name }) => name === 'roundWeights');
  expect(rounded.length).toBe(7 * 32 * 4 * 2);
  expect(new Set(rounded.map(({ values }) => values['bits']))).toEqual(new Set([8, 4, 3, 2]));
  expect(seen.calls.filter(({ name }) => name === 'pack').length).toBe(rounded.length);
});

it('every operation passes numbers only', async () => {
  const { lab, seen } = countingLab(true);
  await named('operations').run(lab, progress());
  for (const { name, values } of seen.calls) {
    for (const [key, value] of Object.entries(values)) {
      if (typeof value !== 'object')
        expect(`${name}.${key} ${Number.isFinite(value)}`).toBe(`${name}.${key} true`);
    }
  }
});

it('the resident rate of the streamed model comes from two numbers of blocks', async () => {
  const { lab, seen } = countingLab(true);
  const [rate] = await named('streamed').run(lab, progress());
  expect(seen.blocks).toEqual([4, 12, 4, 12]);
  // Every pass takes a second here, so that a block takes nothing.
  expect(valuesOf(rate)).toMatchObject({ ours: 8 * 2048, compared: 8 * 2048, ratio: 1 });
});

it('texts are random, the same every time, and inside the vocabulary', () => {
  const windows = windowRequests(1000, 2, 50);
  expect(windows).toEqual(windowRequests(1000, 2, 50));
  expect(windows[0]).not.toEqual(windows[1]);
  expect(windows.map(({ context, continuations }) => [context.length, continuations[0].length])).toEqual([
    [1, 49],
    [1, 49],
  ]);
  const [question] = choiceRequests(1000, { questions: 1, context: 20, lengths: [3, 4] });
  expect(Math.max(...question.context, ...question.continuations.flat())).toBeLessThan(1000);
});
