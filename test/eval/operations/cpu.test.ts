/** The bytes that the CPU makes stay what they were: stored models of earlier runs must be made again exactly. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { parseRecipe } from '../../../data/recipe.ts';
import { Hessian } from '../../../eval/math/hessian.ts';
import { createRng } from '../../../eval/math/rng.ts';
import { methodFor } from '../../../eval/methods/index.ts';
import { cpuOperations as operations } from '../../../eval/operations/cpu.ts';
import { sampleLayer } from '../methods/samples.ts';

test.each([
  ['rtn-w4g32', '9009c577c6b7abb5'],
  ['rtn-w3-sym-minmax-mse', '8a8ab527efc03d95'],
  ['rtn-w5g64-free', '70ab8f095275e93f'],
  ['gptq-w4g32', 'a407e76491e409e4'],
  ['gptq-w3g64-sym-actorder', 'f9c6a2be23a85883'],
  ['gptq-w2g16-actorder-static-mse', 'a60dff7558f689e0'],
  ['gptq-w4', '9dd4fbf49629b643'],
])('%s has the bytes of %s', async (id, digest) => {
  const recipe = parseRecipe(id);
  const method = methodFor(recipe);
  const hash = createHash('sha256');
  for (const [N, K, seed] of [
    [24, 64, 1],
    [7, 192, 2],
  ] as const) {
    const { linear, hessian } = sampleLayer(N, K, seed, [3]);
    const statistics = method.needs === 'nothing' ? null : operations.hessian(hessian);
    const context = { statistics, operations, rng: createRng(0) };
    const { packed, hessianLoss, notes } = await method.quantize(linear, method.fromRecipe(recipe), context);
    for (const [name, { bytes }] of Object.entries(packed.buffers)) hash.update(name).update(bytes);
    hash.update(JSON.stringify([packed.attributes, hessianLoss, notes]));
  }
  expect(hash.digest('hex').slice(0, 16)).toBe(digest);
});

test('a factor of something else is refused', async () => {
  const { linear } = sampleLayer(4, 64, 1);
  const rule = { bits: 4, group: -1, symmetric: false, range: 'zero', mse: false } as const;
  const columns = { ...rule, actOrder: false, staticGroups: false };
  const empty = await operations.hessian(new Hessian(new Float64Array(64 * 64), 64)).factor(0.01, false);
  expect(empty.state).toBe('empty');
  const foreign = { state: 'found', dead: 0, damping: 0, toHost: () => Promise.reject(new Error()) } as const;
  for (const factor of [empty, foreign])
    await expect(operations.roundColumns('gptq', linear, columns, factor)).rejects.toThrow(TypeError);
});
