/** What binarization on a device must give: the weights of the CPU, whatever the recipe, and the same refusals. */
import { describe, expect, test } from 'vitest';
import { parseRecipe } from '../../../data/recipe.ts';
import type { CudaEngine } from '../../../eval/engines/cuda/engine.ts';
import { BL } from '../../../eval/engines/cuda/kernels.gen.ts';
import { packedBytes } from '../../../eval/formats/format.ts';
import { dequantize } from '../../../eval/formats/index.ts';
import type { Hessian } from '../../../eval/math/hessian.ts';
import { createRng } from '../../../eval/math/rng.ts';
import { billm } from '../../../eval/methods/billm.ts';
import { pbLlm } from '../../../eval/methods/pb-llm.ts';
import { cpuOperations } from '../../../eval/operations/cpu.ts';
import type { DenseLinear, Operations } from '../../../eval/operations/operations.ts';
import { testMethod } from '../../contracts/method.ts';
import { binaryBlocksLayout, partlyBinaryLayout } from '../methods/binary-layouts.ts';
import { sampleLayer } from '../methods/samples.ts';

async function run(place: Operations, linear: DenseLinear, hessian: Hessian, id: string) {
  const recipe = parseRecipe(id);
  const statistics = place.hessian(hessian);
  const context = { statistics, operations: place, rng: createRng(0) };
  const result = await (recipe.method === 'billm'
    ? billm.quantize(linear, billm.fromRecipe(recipe), context)
    : pbLlm.quantize(linear, pbLlm.fromRecipe(recipe), context));
  const relativeError = await place.relativeError(linear, result.packed);
  statistics.release();
  return { ...result, relativeError };
}

export function describeBinaryOperations(engine: () => CudaEngine): void {
  const operations = () => engine().operations;
  const pb = ['pb-llm-w1.7', 'pb-llm-w2g32', 'pb-llm-w2.7g64-compat', 'pb-llm-w4-@magnitude', 'pb-llm-w8'];
  const blocks = ['billm-w1.1g32', 'billm-w1.1g64-compat', 'billm-w1.1g16'];
  testMethod(pbLlm, { recipes: pb, operations, layout: partlyBinaryLayout });
  testMethod(billm, { recipes: blocks, operations, layout: binaryBlocksLayout });

  describe('weights equal those of the CPU on at least 99.9 % of all places', () => {
    const counts = { weights: 0, different: 0 };
    const cases = [
      ['pb-llm-w1.7', 40, 192],
      ['pb-llm-w2g64', 70, 320],
      ['pb-llm-w2.7g32-compat', 33, 256],
      ['pb-llm-w1.7g128-@magnitude', 24, 256],
      ['pb-llm-w1g13', 13, 65],
      ['pb-llm-w8', 16, 200],
      ['billm-w1.1g128', 48, 384],
      ['billm-w1.1g96', 21, 192],
      ['billm-w1.1g32-compat', 40, 160],
      ['billm-w1.1g128-compat', 37, 256],
      ['billm-w1.1g2', 9, 32],
    ] as const;

    test.each(cases)('%s, %i×%i', async (id, N, K) => {
      const { linear, hessian } = sampleLayer(N, K, N + K, [3]);
      const expected = await run(cpuOperations, linear, hessian, id);
      const found = await run(operations(), linear, hessian, id);
      const [values, own] = [dequantize(expected.packed), dequantize(found.packed)];
      const different = values.filter((value, i) => value !== own[i]).length;
      counts.weights += values.length;
      counts.different += different;
      if (different === 0) expect(found.packed).toEqual(expected.packed);
      expect(packedBytes(found.packed) / packedBytes(expected.packed)).toBeCloseTo(1, 3);
      expect(found.notes).toEqual(expected.notes);
      expect(found.relativeError).toBeCloseTo(expected.relativeError, different === 0 ? 9 : 3);
      if (expected.hessianLoss !== null) expect(found.hessianLoss! / expected.hessianLoss).toBeCloseTo(1, 3);
      const { device } = engine();
      const out = device.alloc(4 * N * K);
      operations().dequantize(found.packed, { at: out, dtype: BL.F32 });
      expect(device.download(out, new Float32Array(N * K))).toEqual(own);
      device.free(out);
    });

    test('counted', () => {
      expect(counts.weights).toBeGreaterThan(80_000);
      expect(counts.different / counts.weights).toBeLessThan(0.001);
    });
  });
}
