import { describe, expect, test } from 'vitest';
import { parseRecipe } from '../../../data/recipe.ts';
import type { Architecture } from '../../../eval/families/architecture.ts';
import { dequantize } from '../../../eval/formats/index.ts';
import { type ChannelStatistics, ChannelSum } from '../../../eval/math/channel-sum.ts';
import { Hessian } from '../../../eval/math/hessian.ts';
import { createRng } from '../../../eval/math/rng.ts';
import { awq } from '../../../eval/methods/awq.ts';
import type { RescalableInput } from '../../../eval/methods/method.ts';
import { cpuOperations as operations } from '../../../eval/operations/cpu.ts';
import { CLIP_SHARES } from '../../../eval/operations/rescaling.ts';
import { testMethod } from '../../contracts/method.ts';
import { outputError, type Sample, sampleLayer } from './samples.ts';
import { slowClipped, slowOutputError } from './slow-awq.ts';

testMethod(awq, { recipes: ['awq-w4g32', 'awq-w3g64-minmax', 'awq-w2-sym', 'awq-w4g16-compat'] });

const settingsOf = (id: string) => awq.settings.parse(awq.fromRecipe(parseRecipe(id)));
const context = { operations, architecture: { family: 'llama', blocks: [] } as unknown as Architecture };

/** Tokens with a few large channels, as those of language models have. */
function sampleInputs(tokens: number, K: number, seed: number): number[][] {
  const rng = createRng(seed);
  const size = Array.from({ length: K }, () => Math.exp(1.5 * rng.normal()));
  return Array.from({ length: tokens }, () => size.map((s) => Math.fround(s * rng.normal())));
}

function statisticsOf(inputs: readonly (readonly number[])[]): {
  hessian: Hessian;
  channels: ChannelStatistics;
} {
  const K = inputs[0]!.length;
  const values = new Float64Array(K * K);
  const channels = new ChannelSum(K);
  for (const x of inputs) {
    channels.add(Float32Array.from(x), 1);
    for (let i = 0; i < K; i++) for (let j = 0; j < K; j++) values[i * K + j]! += x[i]! * x[j]!;
  }
  return { hessian: new Hessian(values, K), channels: channels.finish() };
}

const rowsOf = ({ weight, N, K }: Sample['linear']) =>
  Array.from({ length: N }, (_, n) => [...weight.subarray(n * K, (n + 1) * K)]);

function inputOf(
  samples: readonly Pick<Sample, 'linear' | 'hessian' | 'channels'>[],
  ties: Int32Array | null = null,
): RescalableInput<'inputs'> {
  const readers = samples.map(({ linear, hessian, channels }) => ({
    linears: [linear],
    statistics: { hessian: operations.hessian(hessian), channels },
  }));
  return { K: samples[0]!.linear.K, producer: 'norm', ties, readers };
}

describe('against slow versions', () => {
  const rule = { bits: 3, group: 16, symmetric: false, range: 'minmax', mse: false } as const;
  const { linear } = sampleLayer(10, 48, 4);
  const inputs = sampleInputs(40, 48, 2);
  const { hessian, channels } = statisticsOf(inputs);

  test('errors of outputs are those of running the inputs', async () => {
    const rng = createRng(1);
    const candidates = [
      new Float64Array(48).fill(1),
      Float64Array.from({ length: 48 }, () => Math.exp(rng.normal())),
    ];
    const found = await operations.rescaling.outputErrors(
      'awq',
      linear,
      rule,
      operations.hessian(hessian),
      candidates,
    );
    for (const [i, factors] of candidates.entries()) {
      const expected = slowOutputError(rowsOf(linear), inputs, [...factors], rule);
      expect(found[i]! / expected).toBeCloseTo(1, 9);
    }
  });

  test('the factors are the best of twenty', async () => {
    const input = inputOf([{ linear, hessian, channels }]);
    const { factors } = await awq.rescale!(input, settingsOf('awq-w3g16-minmax'), context);
    const mean = [...channels.meanAbs];
    const candidates = Array.from({ length: 20 }, (_, i) => {
      const powers = mean.map((value) => Math.max(value ** (i / 20), 1e-4));
      const middle = Math.sqrt(Math.max(...powers) * Math.min(...powers));
      return powers.map((value) => value / middle);
    });
    const errors = candidates.map((own) => slowOutputError(rowsOf(linear), inputs, own, rule));
    const best = candidates[errors.indexOf(Math.min(...errors))]!;
    expect(errors.indexOf(Math.min(...errors))).toBeGreaterThan(0);
    for (const [k, factor] of factors!.entries()) expect(factor).toBeCloseTo(best[k]!, 12);
  });

  test('clips are the best of ten', async () => {
    const statistics = { hessian: operations.hessian(hessian), channels };
    const made = await awq.quantize(linear, settingsOf('awq-w3g16-minmax'), {
      ...{ statistics, operations, rng: createRng(0) },
    });
    const expected = slowClipped(rowsOf(linear), inputs, rule).flat();
    const found = dequantize(made.packed);
    for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 6);
  });
});

test('clips run from the whole range to just above its half', () => {
  expect(CLIP_SHARES.map((share) => share.toFixed(2))).toEqual([
    '1.00',
    '0.95',
    '0.90',
    '0.85',
    '0.80',
    '0.75',
    '0.70',
    '0.65',
    '0.60',
    '0.55',
  ]);
});

test.each(['awq-w3g32', 'awq-w4g64', 'awq-w2g16-minmax', 'awq-w3'])(
  '%s: scaled and clipped outputs are nearer than those of rounding to nearest',
  async (id) => {
    const settings = settingsOf(id);
    const { compat: _, ...rule } = settings;
    let [own, nearest] = [0, 0];
    for (let seed = 0; seed < 8; seed++) {
      const { linear } = sampleLayer(12, 64, seed);
      const { hessian, channels } = statisticsOf(sampleInputs(80, 64, 100 + seed));
      const sample = { linear, hessian };
      const rounded = await operations.roundToNearest('rtn', linear, { ...rule, mse: false });
      const limit = outputError(sample, dequantize(rounded));
      const { factors } = await awq.rescale!(inputOf([{ linear, hessian, channels }]), settings, context);
      const used = factors ?? new Float64Array(64).fill(1);
      const scaled = await operations.rescaling.scale(linear, { columns: used, rows: null });
      const handle = operations.hessian(hessian);
      await handle.divide(used);
      const statistics = { hessian: handle, channels };
      const scores = await awq.quantize(scaled, settings, {
        ...{ statistics, operations, rng: createRng(0), feedsScores: true },
      });
      const restored = dequantize(scores.packed).map((value, i) => value / used[i % 64]!);
      // Without clips the search includes rounding to nearest, so it is never behind.
      expect(outputError(sample, restored)).toBeLessThanOrEqual(limit * (1 + 1e-9));
      const clipped = await awq.quantize(scaled, settings, {
        ...{ statistics, operations, rng: createRng(0) },
      });
      own += outputError(
        sample,
        dequantize(clipped.packed).map((value, i) => value / used[i % 64]!),
      );
      nearest += limit;
    }
    expect(own).toBeLessThan(nearest);
  },
);

describe('who shares factors', () => {
  const samples = [1, 2, 3].map((seed) => {
    const { linear } = sampleLayer(6, 32, seed);
    return { linear, ...statisticsOf(sampleInputs(20 * seed, 32, seed)) };
  });

  test('all readers are searched together', async () => {
    const settings = settingsOf('awq-w3g16');
    const { factors } = await awq.rescale!(inputOf(samples), settings, context);
    const { compat: _, ...rule } = settings;
    // The tokens of all readers count the same.
    const mean = samples[0]!.channels.meanAbs.map((_, k) =>
      samples.reduce((sum, { channels }) => sum + (channels.meanAbs[k]! * channels.tokens) / 120, 0),
    );
    let [best, least] = [new Float64Array(0), Number.POSITIVE_INFINITY];
    for (let i = 0; i < 20; i++) {
      const powers = mean.map((value) => value ** (i / 20));
      const middle = Math.sqrt(Math.max(...powers) * Math.min(...powers));
      const own = powers.map((value) => value / middle);
      let error = 0;
      for (const { linear, hessian } of samples) {
        const handle = operations.hessian(hessian);
        const full = { ...rule, mse: false };
        error += (await operations.rescaling.outputErrors('awq', linear, full, handle, [own]))[0]!;
      }
      if (error < least) [best, least] = [own, error];
    }
    for (const [k, factor] of factors!.entries()) expect(factor).toBeCloseTo(best[k]!, 9);
  });

  test('tied channels get one factor; compat leaves them alone', async () => {
    const ties = Int32Array.from({ length: 32 }, (_, k) => k % 8);
    const tied = await awq.rescale!(inputOf([samples[0]!], ties), settingsOf('awq-w2g16'), context);
    expect(tied.factors).not.toBeNull();
    for (const [k, factor] of tied.factors!.entries()) expect(factor).toBe(tied.factors![k % 8]);
    const alone = await awq.rescale!(inputOf([samples[0]!], ties), settingsOf('awq-w2g16-compat'), context);
    expect(alone.factors).toBeNull();
  });

  test('without calibration input, and with errors that are not finite, the input stays', async () => {
    const settings = settingsOf('awq-w3g16');
    const { linear } = samples[0]!;
    const empty = {
      linear,
      hessian: new Hessian(new Float64Array(32 * 32), 32),
      channels: new ChannelSum(32).finish(),
    };
    expect(await awq.rescale!(inputOf([empty]), settings, context)).toEqual({ factors: null, notes: [] });
    const { channels } = samples[0]!;
    const broken = { linear, channels, hessian: new Hessian(new Float64Array(32 * 32).fill(Number.NaN), 32) };
    const { factors, notes } = await awq.rescale!(inputOf([broken]), settings, context);
    expect(factors).toBeNull();
    expect(notes).toEqual([expect.stringMatching(/errors of its scales are not finite/)]);
  });
});

test.each([
  ['awq-w4g128', null],
  ['awq-w3-minmax-compat', null],
  ['awq-w4g128a8kv4', null],
  ['awq-kv4', 'awq compresses weights, and the recipe gives no bits for them'],
  ['awq-w4-mse', expect.stringMatching(/awq has no range search \(mse\)/)],
  ['awq-w4-trueseq', expect.stringMatching(/awq has no order of calibration/)],
  ['awq-w1', expect.stringMatching(/1-bit weights are not supported/)],
])('supports %s: %s', (id, reason) => expect(awq.supports(parseRecipe(id))).toEqual(reason));
