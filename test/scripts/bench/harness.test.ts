import { describe, expect, it } from 'vitest';
import { type BenchFile, type BenchRow, benchFileSchema } from '../../../data/bench-schema.ts';
import { parameterCount } from '../../../eval/checkpoint/expected-tensors.ts';
import { parseBenchArguments } from '../../../scripts/bench/arguments.ts';
import { type Bench, type Lab, row } from '../../../scripts/bench/bench.ts';
import { cardName, firstVisible, gpuSlug, parseGpuState } from '../../../scripts/bench/gpu-state.ts';
import { measure, median, wallClock } from '../../../scripts/bench/measure.ts';
import { noPeers, readPeers, runPeers } from '../../../scripts/bench/peers.ts';
import { type BenchHost, runBenches } from '../../../scripts/bench/run.ts';
import { forwardFlops, LLAMA_8B, LLAMA_70B, shapeOf } from '../../../scripts/bench/shapes.ts';
import { aligned, benchTable, markdown, shown } from '../../../scripts/bench/table.ts';
import { valuesOf } from '../../../scripts/bench/values.ts';

const times = (seconds: number, amount: number) => ({
  label: null,
  amount,
  device_ms: [1000 * seconds],
  wall_ms: [2000 * seconds],
  warm_ups: 1,
});

describe('measuring', () => {
  it('warms up, repeats, and keeps every time', async () => {
    let clock = 0;
    let calls = 0;
    const work = () => {
      calls++;
      clock += 10 * calls;
    };
    const measured = await measure(
      wallClock(() => clock),
      work,
      { warmUps: 2, repeats: 3 },
      7,
    );
    expect(measured).toEqual({ label: null, amount: 7, device_ms: null, wall_ms: [30, 40, 50], warm_ups: 2 });
    expect(calls).toBe(5);
  });

  it('takes the middle', () => {
    expect([median([5, 1, 3]), median([4, 1, 3, 2]), median([9])]).toEqual([3, 2.5, 9]);
  });
});

describe('what follows from times', () => {
  it('rates: amount a second, faster is better', () => {
    const rate = row('case', 'tokens/s', times(2, 100), {
      clock: 'device',
      compared: times(4, 100),
      limit: { value: 100, how: 'somehow' },
      required: { of: 'ratio', at_least: 2.5 },
    });
    expect(valuesOf(rate)).toEqual({
      ours: 50,
      compared: 25,
      ratio: 2,
      fractionOfLimit: 0.5,
      isMet: false,
    });
  });

  it('seconds: the scaled time by the wall clock, shorter is better', () => {
    const time = row('case', 's', times(1, 1), {
      compared: times(0.5, 32),
      required: { of: 'value', at_most: 2 },
    });
    expect(valuesOf(time)).toMatchObject({ ours: 2, compared: 32, ratio: 16, isMet: true });
  });

  it('counts and what was not measured', () => {
    const bytes = row(
      'case',
      'bytes',
      { label: null, count: 3 * 2 ** 30 },
      { compared: { not_measured: 'No.' } },
    );
    expect(valuesOf(bytes)).toEqual({
      ours: 3 * 2 ** 30,
      compared: null,
      ratio: null,
      fractionOfLimit: null,
      isMet: null,
    });
  });

  it('tables show them', () => {
    const rows: BenchRow[] = [
      row('a', 'tokens/s', times(1, 20_000), { compared: { ...times(1, 10_000), label: 'peer' } }),
      row('b', 's', { not_measured: 'No.' }, { required: { of: 'value', at_most: 12 } }),
    ];
    expect(markdown(benchTable([{ rows }]))).toMatchInlineSnapshot(`
      "| work | ours | compared with |  | ratio | of the limit | required | met |
      | --- | --- | --- | --- | --- | --- | --- | --- |
      | a | 10,000 tokens/s | peer | 5,000 tokens/s | 2.00× |  |  |  |
      | b | not measured |  |  |  |  | ≤ 12.0 s |  |"
    `);
    expect(
      aligned([
        ['a', 'bbb'],
        ['cc', ''],
      ]),
    ).toBe('a   bbb\ncc');
    expect([shown(2.5e12, 'B/s'), shown(4e11, 'FLOP/s'), shown(0.01, 's'), shown(47.6, 'tokens/s')]).toEqual([
      '2.50 TB/s',
      '400 GFLOP/s',
      '10.0 ms',
      '47.6 tokens/s',
    ]);
  });
});

describe('shapes', () => {
  it('have the published numbers of parameters', () => {
    expect(parameterCount(shapeOf(LLAMA_8B))).toBe(8_030_261_248);
    expect(parameterCount(shapeOf(LLAMA_70B))).toBe(70_553_706_496);
  });

  it('count two operations a weight and token, and causal attention', () => {
    const one = shapeOf(LLAMA_8B, 1);
    const weights = 4096 * (4096 + 1024 + 1024 + 4096) + 3 * 4096 * 14336;
    const flops = forwardFlops(one, { tokens: 10, length: 100, predicted: 3 });
    expect(flops).toBe(10 * (2 * weights + 4 * 4096 * 50) + 3 * 2 * 4096 * 128256);
  });
});

describe('peers', () => {
  const line = { label: 'transformers', device_ms: [5], wall_ms: [6], warm_ups: 1 };
  const output = [
    'a warning',
    JSON.stringify({ name: 'versions', python: '3.12', torch: '2.11', transformers: '5.17' }),
    JSON.stringify({ name: 'rates', copy_bytes_per_second: 4e12, matmul_flops_per_second: 7e14 }),
    JSON.stringify({ name: 'scoring', ...line }),
    JSON.stringify({ name: 'decode', case: 'batch 8', ...line }),
    JSON.stringify({ name: 'choices', error: 'OutOfMemoryError: 80 GB' }),
  ].join('\n');

  it('answer in JSON lines', () => {
    const peers = readPeers(output, null);
    expect(peers.versions).toEqual({ python: '3.12', torch: '2.11', transformers: '5.17' });
    expect(peers.rates).toEqual({ copy_bytes_per_second: 4e12, matmul_flops_per_second: 7e14 });
    expect(peers.measurement('scoring', 9)).toEqual({ amount: 9, ...line });
    expect(peers.measurement('decode', 9, 'batch 8')).toEqual({ amount: 9, ...line });
  });

  it('that fail are not measured, with the reason', async () => {
    const peers = readPeers(output, 'python3 ended with 1.');
    expect(peers.measurement('choices', 1)).toEqual({ not_measured: 'OutOfMemoryError: 80 GB' });
    expect(peers.measurement('decode', 1, 'batch 1')).toEqual({ not_measured: 'python3 ended with 1.' });
    expect(noPeers('Left out.').measurement('scoring', 1)).toEqual({ not_measured: 'Left out.' });
    const missing = await runPeers('/no/such/python', {}, () => {});
    expect(missing.versions).toBeNull();
    expect(missing.measurement('scoring', 1)).toEqual({
      not_measured: '/no/such/python does not start: spawn /no/such/python ENOENT.',
    });
    // Node cannot read Python, so this is a process that ends with an error.
    const wrong = await runPeers(process.execPath, {}, () => {});
    expect(wrong.measurement('scoring', 1)).toMatchObject({
      not_measured: expect.stringMatching(/ended with 1: .*It needs PyTorch with CUDA and transformers\.$/),
    });
  });
});

describe('the command line', () => {
  const known = ['scoring', 'decode'];
  it('names benchmarks, or means all', () => {
    const all = {
      names: known,
      quick: false,
      mostRepeats: Infinity,
      budgetSeconds: null,
      peerPython: 'python3',
      out: 'data/bench',
    };
    expect(parseBenchArguments(['gpu'], known)).toEqual(all);
    expect(parseBenchArguments(['gpu', 'decode', '--quick', '--no-peers'], known)).toEqual({
      ...all,
      names: ['decode'],
      quick: true,
      peerPython: null,
    });
  });

  it('says what is wrong', () => {
    expect(parseBenchArguments([], known)).toBe('"" is nothing that can be measured here; only "gpu" is.');
    expect(parseBenchArguments(['gpu', 'sorting'], known)).toBe(
      'No benchmark is called "sorting". Known: scoring, decode.',
    );
    expect(parseBenchArguments(['gpu', '--repeats', 'no'], known)).toBe(
      '--repeats no is no number of repeats: 1 or more.',
    );
    expect(parseBenchArguments(['gpu', '--budget', 'soon'], known)).toBe(
      '--budget soon is no number of seconds.',
    );
    expect(parseBenchArguments(['gpu', '--fast'], known)).toContain("Unknown option '--fast'");
  });
});

describe('a run', () => {
  const state = { sm_mhz: 1980, memory_mhz: 2619, temperature_c: 40, power_w: 300 };
  const machine = { cpu: 'c', cores: 1, memory_bytes: 1, gpu: 'g', driver: 'd', os: 'o', node: 'n' };
  const facts = {
    command: 'c',
    code_commit: null,
    code_dirty: false,
    machine,
    kernels: 'abc',
    peer: null,
    rates: null,
  };
  const bench = (name: string, run: Bench['run']): Bench => ({ name, title: `about ${name}`, run });
  const good = bench('good', async () => [row('case', 's', times(1, 1))]);
  const bad = bench('bad', async () => {
    throw new Error('[bl_matmul] no.');
  });

  const start = async (quick: boolean) => {
    const saved: BenchFile[] = [];
    const lines: string[] = [];
    const host: BenchHost = {
      facts,
      budgetSeconds: null,
      elapsed: () => 0,
      now: () => new Date('2026-01-02T03:04:05Z'),
      gpuState: async () => state,
      save: (file) => void saved.push(file),
      log: (text) => void lines.push(text),
    };
    const failed = await runBenches([bad, good], { quick } as Lab, host);
    return { saved, lines, failed };
  };

  it('goes on behind a benchmark that fails, and saves the others', async () => {
    const { saved, lines, failed } = await start(false);
    expect(failed).toBe(1);
    expect(lines).toContain('bad: failed. [bl_matmul] no.');
    expect(saved.map((file) => benchFileSchema.parse(file).name)).toEqual(['good']);
    expect(saved[0].clocks).toEqual({ before: state, after: state });
  });

  it('saves nothing where it is only tried', async () => {
    expect((await start(true)).saved).toEqual([]);
  });

  it('knows the GPU', () => {
    expect(
      ['3,1', 'GPU-5ee', '', undefined].map((shown) => firstVisible({ CUDA_VISIBLE_DEVICES: shown })),
    ).toEqual(['3', 'GPU-5ee', '0', '0']);
    expect(['4 × NVIDIA H200', 'NVIDIA H200'].map(cardName)).toEqual(['NVIDIA H200', 'NVIDIA H200']);
    expect(parseGpuState('1980, 2619, 43, 310.52\n345, 2619, 30, 70.1\n')).toEqual({
      ...state,
      temperature_c: 43,
      power_w: 310.52,
    });
    expect(parseGpuState('1980, 2619, [N/A], [N/A]')).toMatchObject({ temperature_c: null, power_w: null });
    expect(() => parseGpuState('no devices were found')).toThrow('no clocks in "no devices were found"');
    expect(gpuSlug('NVIDIA H100 80GB HBM3')).toBe('nvidia-h100-80gb-hbm3');
  });
});
