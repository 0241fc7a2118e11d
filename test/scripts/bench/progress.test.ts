/** Budgets, lines and early saves, by a clock that moves only when work says so. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { type BenchFile, type BenchRow, benchFileSchema } from '../../../data/bench-schema.ts';
import type { CudaEngine } from '../../../eval/engines/cuda/engine.ts';
import type { HessianHandle } from '../../../eval/operations/operations.ts';
import { type Bench, type Lab, row } from '../../../scripts/bench/bench.ts';
import { streamed } from '../../../scripts/bench/benches/streamed.ts';
import { watchCalls } from '../../../scripts/bench/call-times.ts';
import { partRows } from '../../../scripts/bench/compression-bench.ts';
import { extrapolated } from '../../../scripts/bench/extrapolate.ts';
import { benchHost } from '../../../scripts/bench/host.ts';
import { wallClock } from '../../../scripts/bench/measure.ts';
import { PartTimes } from '../../../scripts/bench/part-times.ts';
import { Progress } from '../../../scripts/bench/progress.ts';
import { runBenches } from '../../../scripts/bench/run.ts';
import { valuesOf } from '../../../scripts/bench/values.ts';

function fakeProgress(budgetSeconds: number) {
  let clock = 0;
  const lines: string[] = [];
  const saved: (readonly BenchRow[])[] = [];
  const progress = new Progress({
    budgetSeconds,
    now: () => clock,
    log: (line) => void lines.push(line),
    save: async (rows) => void saved.push(rows),
  });
  const pass = (seconds: number) => {
    clock += 1000 * seconds;
  };
  /** Work whose every run takes this long. */
  const timing = (seconds: number, repeats: number, warmUps = 0) => ({
    stopwatch: wallClock(() => clock),
    work: () => pass(seconds),
    repeats: { warmUps, repeats },
    amount: 1,
  });
  return { progress, lines, saved, pass, timing };
}

const counts = (rows: readonly BenchRow[]) =>
  rows.map(({ case: name, ours }) => [name, 'wall_ms' in ours ? ours.wall_ms.length : 0]);

describe('the budget', () => {
  it('ends repeats that would end behind it, judged by the longest so far', async () => {
    const { progress, timing, lines } = fakeProgress(80);
    const times = await progress.times('GPTQ', timing(25, 9));
    expect(times.wall_ms).toEqual([25_000, 25_000, 25_000]);
    expect(lines.at(-1)).toBe('  GPTQ: 0 warm-ups, 3 of 9 repeats, as the budget is 80 s, 75.0 s');
  });

  it('counts warm-ups, phases and rows before', async () => {
    const { progress, timing, pass } = fakeProgress(60);
    await progress.phase('weights made', () => pass(10));
    expect((await progress.times('first', timing(10, 2, 1))).wall_ms.length).toBe(2);
    expect((await progress.times('second', timing(10, 9))).wall_ms.length).toBe(2);
  });

  it('lets the first repeat of every row run', async () => {
    const { progress, timing } = fakeProgress(5);
    expect((await progress.times('long', timing(100, 3))).wall_ms).toEqual([100_000]);
    expect((await progress.times('behind it', timing(1, 3))).wall_ms).toEqual([1000]);
  });

  it('begins with the benchmark: neither peers nor benchmarks before count', async () => {
    let clock = 1_000_000;
    const work = () => {
      clock += 20_000;
    };
    const bench = (name: string): Bench => ({
      ...{ name, title: name, budgetSeconds: 50 },
      run: (_, progress) =>
        progress.rows(
          name,
          { stopwatch: wallClock(() => clock), work, repeats: { warmUps: 0, repeats: 5 }, amount: 1 },
          (ours) => [row(name, 's', ours)],
        ),
    });
    const state = { sm_mhz: 1, memory_mhz: 1, temperature_c: null, power_w: null };
    const run = async (budgetSeconds: number | null) => {
      const saved: BenchFile[] = [];
      await runBenches([bench('one'), bench('two')], { quick: false } as Lab, {
        facts: {} as never,
        budgetSeconds,
        now: () => new Date(0),
        elapsed: () => clock,
        gpuState: async () => state,
        save: (file) => void saved.push(file),
        log: () => {},
      });
      return saved.flatMap(({ rows }) => counts(rows));
    };
    // Each is saved behind every repeat, and at its end.
    expect(await run(null)).toEqual([
      ...[1, 2, 2].map((repeats) => ['one', repeats]),
      ...[1, 2, 2].map((repeats) => ['two', repeats]),
    ]);
    expect(await run(0)).toEqual(['one', 'one', 'two', 'two'].map((name) => [name, 1]));
  });
});

describe('while it runs', () => {
  it('long phases have a line each, short ones are counted', async () => {
    const { progress, lines, timing, pass } = fakeProgress(60);
    await progress.phase('weights made', () => pass(0.25));
    await progress.times('long', timing(2, 2, 1));
    await progress.times('short', timing(0.01, 7, 2));
    expect(lines).toEqual([
      '  weights made: 0.25 s',
      '  long: warm-up 1 of 1, 2.0 s',
      '  long: repeat 1 of 2, 2.0 s',
      '  long: repeat 2 of 2, 2.0 s',
      '  long: 1 warm-ups, 2 of 2 repeats, 6.0 s',
      '  short: 2 warm-ups, 7 of 7 repeats, 0.09 s',
    ]);
  });

  it('rows are saved from the first repeat on, with those before, but not behind every short one', async () => {
    const { progress, saved, timing } = fakeProgress(60);
    const named = (name: string) => (ours: BenchRow['ours']) => [row(name, 's', ours)];
    await progress.rows('short', timing(0.1, 7), named('short'));
    expect(saved).toEqual([]);
    const rows = await progress.rows('long', timing(6, 2), named('long'));
    expect(saved.map(counts)).toEqual([
      [
        ['short', 7],
        ['long', 1],
      ],
      [
        ['short', 7],
        ['long', 2],
      ],
    ]);
    expect(counts(rows)).toEqual([['long', 2]]);
  });

  it('what saving takes is no part of a repeat', async () => {
    let clock = 0;
    const progress = new Progress({
      budgetSeconds: 40,
      now: () => clock,
      log: () => {},
      save: async () => {
        clock += 3000;
      },
    });
    const timing = {
      stopwatch: wallClock(() => clock),
      work: () => {
        clock += 10_000;
      },
      repeats: { warmUps: 0, repeats: 9 },
      amount: 1,
    };
    const [{ ours }] = await progress.rows('work', timing, (times) => [row('work', 's', times)]);
    // The fourth would end at 49 s.
    expect(ours).toMatchObject({ wall_ms: [10_000, 10_000, 10_000] });
  });
});

it('results say and stand under the card that was opened, not all that the machine has', async () => {
  const out = mkdtempSync(path.join(tmpdir(), 'bitloss-bench-test-'));
  try {
    const host = await benchHost({
      ...{ out, command: 'pnpm bench gpu', budgetSeconds: null, log: () => {} },
      lab: { gpu: 'NVIDIA H200', build: 'abc', rates: null as never },
      peers: { versions: null },
      machine: {
        cpu: 'c',
        cores: 1,
        memory_bytes: 1,
        gpu: '4 × NVIDIA H200',
        driver: '580',
        os: 'o',
        node: 'n',
      },
    });
    const state = { sm_mhz: 1980, memory_mhz: 2619, temperature_c: 40, power_w: 300 };
    host.save({
      ...{ schema: 1, name: 'rtn', title: 't', created_at: '2026-01-02T03:04:05Z', ...host.facts },
      clocks: { before: state, after: state },
      rows: [row('r', 'bytes', { label: null, count: 1 })],
    });
    expect(readdirSync(path.join(out, 'nvidia-h200'))).toEqual(['rtn.json']);
    const file = JSON.parse(readFileSync(path.join(out, 'nvidia-h200', 'rtn.json'), 'utf8'));
    expect(benchFileSchema.parse(file).machine).toMatchObject({
      gpu: 'NVIDIA H200',
      driver: '580',
      cpu: 'c',
    });
  } finally {
    rmSync(out, { recursive: true });
  }
});

describe('passes through fewer blocks', () => {
  const times = (wall_ms: number[]) => ({ label: null, amount: 1, device_ms: null, wall_ms, warm_ups: 1 });

  it('give that of all: what is outside blocks once, the time of a block often', () => {
    // Half a second outside, 0.1 s and 0.2 s a block.
    const few = { blocks: 4, times: times([900, 1300, 5000]) };
    const many = { blocks: 12, times: times([1700, 2900]) };
    expect(extrapolated(few, many, 80, 7)).toEqual({ ...times([8500, 16_500]), amount: 7 });
  });

  it('the streamed rate is measured once at least, and saved before the resident one', async () => {
    const { progress, saved, pass } = fakeProgress(20);
    let seconds = 0;
    const stopwatch = wallClock(() => 0);
    const lab = {
      ...{ quick: false, mostRepeats: Infinity, usedBytes: () => 2 ** 34 },
      rates: { copy_bytes_per_second: 4e12, matmul_flops_per_second: 8e14 },
      stopwatch: {
        time: async (work: () => Promise<void> | void) => {
          await stopwatch.time(work);
          return { deviceMs: null, wallMs: 1000 * seconds };
        },
      },
      model: ({ blocks }: { blocks: readonly unknown[] }, options: object = {}) => ({
        score: async () => {
          // Streamed blocks take a fifth longer here.
          seconds = blocks.length * ('hostImages' in options ? 1.2 : 1);
          pass(seconds);
        },
      }),
    } as unknown as Lab;
    const rows = await streamed.run(lab, progress);
    expect(counts(saved[0]!)[0]![1]).toBe(1);
    expect(saved[0]![0]!.compared).toHaveProperty('not_measured');
    const { ours, ratio, isMet } = valuesOf(rows[0]!);
    expect(ours).toBeCloseTo((128 * 2048) / 96);
    expect(ratio).toBeCloseTo(1 / 1.2);
    expect(isMet).toBe(true);
  });
});

it('Gram matrices are timed by events around each call, and not any more when it stops', () => {
  let clock = 0;
  const marks = new Map<number, number>();
  const destroyed: number[] = [];
  let events = 0;
  const device = {
    createEvent: () => events++,
    elapsed: (from: number, to: number) => marks.get(to)! - marks.get(from)!,
    kernels: {
      eventRecord: ({ event }: { event: number }) => void marks.set(event, clock),
      eventDestroy: ({ event }: { event: number }) => void destroyed.push(event),
    },
  } as unknown as Parameters<typeof watchCalls>[0];
  const seen: number[] = [];
  const operations = {
    addGram: (_hessian: number, _x: object, M: number) => {
      seen.push(M);
      clock += M;
    },
  };
  const own = operations.addGram;
  const times = watchCalls(device, operations, ['addGram']);
  const add = (M: number) => operations.addGram(0, {}, M);
  add(3);
  clock += 100;
  add(4);
  expect(times.take()).toBe(7);
  add(5);
  expect(times.take()).toBe(5);
  expect(times.take()).toBe(0);
  times.stop();
  expect(operations.addGram).toBe(own);
  expect(seen).toEqual([3, 4, 5]);
  expect(destroyed).toEqual([0, 1, 2, 3]);
});

describe('the parts of compression', () => {
  const block = {
    ...{ forward: 300, sums: 100, factor: 100, search: 0 },
    compress: 150,
    download: 50,
    replace: 10,
  };
  const walls = (rows: readonly BenchRow[]) => rows.map(({ ours }) => 'wall_ms' in ours && ours.wall_ms);

  it('are summed over the blocks of each pass, without those that a method does not have', () => {
    const rows = partRows('GPTQ', [[block, block], [block]], 1);
    expect(walls(rows)).toEqual([
      [600, 300],
      [200, 100],
      [200, 100],
      [300, 150],
      [100, 50],
      [20, 10],
    ]);
    expect(rows.some((row) => row.case.includes('search'))).toBe(false);
  });

  it('of a few blocks stand for all by those behind the first two', () => {
    const slow = { ...block, forward: 900 };
    expect(walls(partRows('GPTQ', [[slow, slow, block, block]], 32))[0]).toEqual([1800 + 30 * 300]);
  });

  it('are told apart by steps that are watched; what no step took are forwards', async () => {
    let clock = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => clock);
    const kernels = { synchronizeAsync: async () => void (clock += 1) };
    const work = (ms: number) => async () => void (clock += ms);
    const device = { kernels, downloadAsync: work(40) } as unknown as ConstructorParameters<
      typeof PartTimes
    >[0];
    const original = device.downloadAsync;
    const operations = { addGram: () => {}, addChannels: () => {} } as unknown as CudaEngine['operations'];
    const times = new PartTimes(device, operations);
    const hessian = { factor: work(20) } as unknown as HessianHandle;
    times.watchFactor(hessian);
    await times.during('compress', async () => {
      await hessian.factor(0.01, false);
      clock += 5;
      await device.downloadAsync(0, new Uint8Array(1));
    });
    clock += 300;
    const found = times.take(clock);
    // A synchronization of one millisecond ends each step, and one goes before a download.
    expect(found).toEqual({
      ...{ forward: 300, sums: 0, factor: 21, search: 0, compress: 7, download: 41, replace: 0 },
    });
    times.stop();
    expect(device.downloadAsync).toBe(original);
    vi.restoreAllMocks();
  });
});
