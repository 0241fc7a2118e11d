/** What pruning on a device must give: the masks, values and codes of the CPU. */
import { describe, expect, test } from 'vitest';
import { parseRecipe } from '../../../data/recipe.ts';
import type { CudaEngine } from '../../../eval/engines/cuda/engine.ts';
import { BL } from '../../../eval/engines/cuda/kernels.gen.ts';
import { dequantize } from '../../../eval/formats/index.ts';
import { createRng } from '../../../eval/math/rng.ts';
import { exactType, roundToType, type ValueType } from '../../../eval/math/value-type.ts';
import { methodFor } from '../../../eval/methods/index.ts';
import { magnitude } from '../../../eval/methods/magnitude.ts';
import { statisticsFor } from '../../../eval/methods/method.ts';
import { sparsegpt } from '../../../eval/methods/sparsegpt.ts';
import { wanda } from '../../../eval/methods/wanda.ts';
import { cpuOperations } from '../../../eval/operations/cpu.ts';
import type { Operations } from '../../../eval/operations/operations.ts';
import { testMethod } from '../../contracts/method.ts';
import { type Sample, sampleLayer } from '../methods/samples.ts';
import { sparseLayout } from '../methods/sparse-layout.ts';

const SETTINGS = [
  's50',
  's7',
  's0',
  '1:2',
  '2:4',
  '4:8',
  '2:3',
  '8:16',
  'w4g32-s50',
  'w3-s80-sym',
  'w5g64-2:4',
  'w8g48-4:8',
];

/** On the CPU and on the device. */
async function both(operations: Operations, { linear, hessian, channels }: Sample, id: string) {
  const recipe = parseRecipe(id);
  const method = methodFor(recipe);
  const on = async (place: Operations) => {
    const observed = { hessian: place.hessian(hessian), channels };
    const statistics = statisticsFor(method.needs, observed);
    const context = { statistics, operations: place, rng: createRng(0) };
    const result = await method.quantize(linear, method.fromRecipe(recipe), context);
    const relativeError = await place.relativeError(linear, result.packed);
    observed.hessian.release();
    return { ...result, relativeError };
  };
  return { expected: await on(cpuOperations), found: await on(operations) };
}

function typed(sample: Sample, type: ValueType): Sample {
  return { ...sample, linear: { ...sample.linear, weight: sample.linear.weight.map(roundToType(type)) } };
}

export function describeDevicePruning(engine: () => CudaEngine): void {
  const operations = () => engine().operations;
  const contract = { layout: sparseLayout, operations };
  testMethod(magnitude, {
    ...contract,
    recipes: ['magnitude-s50', 'magnitude-2:4', 'magnitude-w4g32-s30-sym'],
  });
  testMethod(wanda, { ...contract, recipes: ['wanda-s50', 'wanda-1:2', 'wanda-w3g64-4:8'] });
  testMethod(sparsegpt, {
    ...contract,
    recipes: ['sparsegpt-s50', 'sparsegpt-4:8', 'sparsegpt-w4g32-s50-mse'],
  });

  describe('weights equal those of the CPU on at least 99.99 % of all weights', () => {
    const counts = { weights: 0, different: 0 };
    const shapes = [
      { N: 40, K: 192, settings: SETTINGS },
      { N: 13, K: 135, settings: ['s50', '1:3', 'w4-s20', 'w4g45-s50'] },
      { N: 70, K: 768, settings: ['s50', 's33.3', '2:4', '4:8', 'w4g128-s50', 'w4g256-2:4', 'w2g384-1:2'] },
    ];
    const cases = shapes.flatMap(({ N, K, settings }, s) =>
      settings.flatMap((setting, i) =>
        ['magnitude', 'wanda', 'sparsegpt'].map((method) => ({
          ...{ N, K, id: `${method}-${setting}`, seed: 10 * s + i },
          type: (['BF16', 'F16', 'F32'] as const)[i % 3]!,
        })),
      ),
    );

    test.each(cases)('$id of $type, $N×$K', async ({ N, K, id, seed, type }) => {
      const sample = typed(sampleLayer(N, K, seed, [3]), type);
      expect(exactType(sample.linear.weight)).toBe(type);
      const { expected, found } = await both(operations(), sample, id);
      const [weights, own] = [dequantize(expected.packed), dequantize(found.packed)];
      const different = weights.filter((weight, i) => weight !== own[i]).length;
      counts.weights += weights.length;
      counts.different += different;
      if (different === 0) expect(found.packed).toEqual(expected.packed);
      expect(found.notes).toEqual(expected.notes);
      expect(found.relativeError).toBeCloseTo(expected.relativeError, different === 0 ? 12 : 3);
      if (expected.hessianLoss !== null)
        expect(found.hessianLoss).toBeCloseTo(expected.hessianLoss, different === 0 ? 6 : 2);
      // What is packed becomes weights on the device too.
      const { device } = engine();
      const out = device.alloc(N * K * 4);
      operations().dequantize(found.packed, { at: out, dtype: BL.F32 });
      expect(device.download(out, new Float32Array(N * K))).toEqual(own);
      device.free(out);
    });

    test('counted', () => {
      expect(counts.weights).toBeGreaterThan(1_000_000);
      expect(counts.different / counts.weights).toBeLessThan(0.0001);
    });
  });

  test('of equal weights the first go', async () => {
    const weight = Float32Array.from({ length: 24 * 192 }, (_, i) => (i % 7 === 0 ? 0.5 : 0.25));
    const sample = sampleLayer(24, 192, 3);
    const linear = { ...sample.linear, weight };
    const channels = { ...sample.channels, meanSquare: new Float64Array(192).fill(4) };
    for (const id of ['magnitude-s50', 'wanda-s50', 'wanda-s95', 'magnitude-s99', 'wanda-2:4']) {
      const { expected, found } = await both(operations(), { ...sample, linear, channels }, id);
      expect(found.packed).toEqual(expected.packed);
    }
  });

  test('a damaged mask is refused', async () => {
    const { packed } = (await both(operations(), sampleLayer(4, 64, 1), 'magnitude-s50')).found;
    const mask = { ...packed.buffers.mask!, bytes: packed.buffers.mask!.bytes.map(() => 0xff) };
    const out = engine().device.alloc(4 * 64 * 4);
    expect(() =>
      operations().dequantize(
        { ...packed, buffers: { ...packed.buffers, mask } },
        { at: out, dtype: BL.F32 },
      ),
    ).toThrow(expect.objectContaining({ code: 'format/damaged' }));
    engine().device.free(out);
  });
}
