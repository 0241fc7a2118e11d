/** What binarization and bits that differ by group must give on a device: the weights of the CPU, whatever the recipe, and the same refusals. */
import { describe, expect, test } from 'vitest';
import { parseRecipe } from '../../../data/recipe.ts';
import type { CudaEngine } from '../../../eval/engines/cuda/engine.ts';
import { BL } from '../../../eval/engines/cuda/kernels.gen.ts';
import { packedBytes } from '../../../eval/formats/format.ts';
import { dequantize } from '../../../eval/formats/index.ts';
import type { Hessian } from '../../../eval/math/hessian.ts';
import { createRng } from '../../../eval/math/rng.ts';
import { billm } from '../../../eval/methods/billm.ts';
import { dbLlm } from '../../../eval/methods/db-llm.ts';
import { methodFor } from '../../../eval/methods/index.ts';
import { statisticsFor } from '../../../eval/methods/method.ts';
import { pbLlm } from '../../../eval/methods/pb-llm.ts';
import { slimLlm } from '../../../eval/methods/slim-llm.ts';
import { cpuOperations } from '../../../eval/operations/cpu.ts';
import type { DenseLinear, Operations } from '../../../eval/operations/operations.ts';
import { testMethod } from '../../contracts/method.ts';
import {
  binaryBlocksLayout,
  dualBinaryLayout,
  mixedGroupsLayout,
  partlyBinaryLayout,
} from '../methods/binary-layouts.ts';
import { sampleLayer } from '../methods/samples.ts';

type Case = readonly [id: string, N: number, K: number];

const BINARY_CASES: readonly Case[] = [
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
];

const CODE_CASES: readonly Case[] = [
  ['db-llm-w2g128', 48, 384],
  ['db-llm-w2g96', 21, 192],
  ['db-llm-w2g192', 40, 384],
  ['db-llm-w2', 13, 200],
  ['db-llm-w2g13', 33, 65],
  ['slim-llm-w2g128', 48, 512],
  ['slim-llm-w3g32', 70, 320],
  ['slim-llm-w4g160', 24, 480],
  ['slim-llm-w2g13', 33, 65],
  ['slim-llm-w7g24', 9, 96],
  ['slim-llm-w3g64', 16, 64],
];

async function run(place: Operations, linear: DenseLinear, hessian: Hessian, id: string) {
  const recipe = parseRecipe(id);
  const method = methodFor(recipe);
  const handle = place.hessian(hessian);
  const statistics = statisticsFor(method.needs, { hessian: handle, channels: null });
  const context = { statistics, operations: place, rng: createRng(0) };
  const result = await method.quantize(linear, method.fromRecipe(recipe), context);
  const relativeError = await place.relativeError(linear, result.packed);
  handle.release();
  return { ...result, relativeError };
}

export function describeBinaryOperations(engine: () => CudaEngine): void {
  const operations = () => engine().operations;
  const pb = ['pb-llm-w1.7', 'pb-llm-w2g32', 'pb-llm-w2.7g64-compat', 'pb-llm-w4-@magnitude', 'pb-llm-w8'];
  const blocks = ['billm-w1.1g32', 'billm-w1.1g64-compat', 'billm-w1.1g16'];
  testMethod(pbLlm, { recipes: pb, operations, layout: partlyBinaryLayout });
  testMethod(billm, { recipes: blocks, operations, layout: binaryBlocksLayout });
  const dual = ['db-llm-w2g32', 'db-llm-w2', 'db-llm-w2g16-damp0.1'];
  testMethod(dbLlm, { recipes: dual, operations, layout: dualBinaryLayout });
  const mixed = ['slim-llm-w2g16', 'slim-llm-w3g32', 'slim-llm-w7g16-damp0.1'];
  testMethod(slimLlm, { recipes: mixed, operations, layout: mixedGroupsLayout });

  describe.each([
    { what: 'weights of signs', most: 0.001, least: 80_000, cases: BINARY_CASES },
    { what: 'weights of two binaries or of mixed bits', most: 0.0001, least: 100_000, cases: CODE_CASES },
  ])('$what equal those of the CPU, but for a share of at most $most', ({ most, least, cases }) => {
    const counts = { weights: 0, different: 0 };

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
      expect(counts.weights).toBeGreaterThan(least);
      expect(counts.different / counts.weights).toBeLessThan(most);
    });
  });
}
