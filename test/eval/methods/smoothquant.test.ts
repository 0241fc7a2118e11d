import { expect, test } from 'vitest';
import { parseRecipe } from '../../../data/recipe.ts';
import { PLAIN_GRID, roundGroups } from '../../../eval/engines/forward-quantizer.ts';
import type { Architecture } from '../../../eval/families/architecture.ts';
import { dequantize } from '../../../eval/formats/index.ts';
import { ChannelSum } from '../../../eval/math/channel-sum.ts';
import { Hessian } from '../../../eval/math/hessian.ts';
import { createRng } from '../../../eval/math/rng.ts';
import type { RescalableInput } from '../../../eval/methods/method.ts';
import { alphaOf, smoothquant } from '../../../eval/methods/smoothquant.ts';
import { smoothquantGptq } from '../../../eval/methods/smoothquant-gptq.ts';
import { cpuOperations as operations } from '../../../eval/operations/cpu.ts';
import { testMethod } from '../../contracts/method.ts';

testMethod(smoothquant, {
  recipes: ['smoothquant-w8a8-sym', 'smoothquant-w4g32a8', 'smoothquant-w6a6-alpha0.7'],
});

testMethod(smoothquantGptq, {
  recipes: ['smoothquant-gptq-w8a8-sym', 'smoothquant-gptq-w4g32a8-actorder'],
  beatsRoundingToNearest: true,
});

const architectureOf = (family: string, before: object | null = null) =>
  ({ family, blocks: [{ feedForwardNorms: { before } }] }) as unknown as Architecture;
const settingsOf = (id: string) => smoothquant.settings.parse(smoothquant.fromRecipe(parseRecipe(id)));

function inputOf(
  weight: readonly number[],
  inputs: readonly (readonly number[])[],
  producer: 'norm' | 'rows' | 'none' = 'norm',
): RescalableInput<'channels'> {
  const K = inputs[0]!.length;
  const sum = new ChannelSum(K);
  for (const x of inputs) sum.add(Float32Array.from(x), 1);
  const linear = { name: 'x', weight: Float32Array.from(weight), N: weight.length / K, K };
  return { K, producer, ties: null, readers: [{ linears: [linear], statistics: sum.finish() }] };
}

test('factors by hand', async () => {
  // max|X| = 4, 100, 0; max|W| = 2, 0.25, 1: √(4/2), √(100/0.25) = 20, and a channel that never was stays.
  const input = inputOf(
    [1, 0.25, 1, -2, 0.125, 0.5],
    [
      [-4, 100, 0],
      [1, -9, 0],
    ],
  );
  const context = { operations, architecture: architectureOf('opt') };
  const { factors } = await smoothquant.rescale!(input, settingsOf('smoothquant-w8a8'), context);
  expect(factors![0]).toBeCloseTo(Math.SQRT2, 12);
  expect([...factors!.subarray(1)]).toEqual([20, 1]);
  const harder = await smoothquant.rescale!(input, settingsOf('smoothquant-w8a8-alpha1'), context);
  expect([...harder.factors!]).toEqual([4, 100, 1]);
});

test('with GPTQ weights the factors are the same', async () => {
  const input = inputOf([1, 0.25, 1, -2, 0.125, 0.5], [[-4, 100, 0]]);
  const context = { operations, architecture: architectureOf('opt') };
  const [{ linears, statistics: channels }] = input.readers as [(typeof input.readers)[number]];
  const hessian = operations.hessian(new Hessian(new Float64Array(9), 3));
  const both = { ...input, readers: [{ linears, statistics: { channels, hessian } }] };
  const own = smoothquantGptq.settings.parse(
    smoothquantGptq.fromRecipe(parseRecipe('smoothquant-gptq-w8a8-alpha0.7')),
  );
  expect(await smoothquantGptq.rescale!(both, own, context)).toEqual(
    await smoothquant.rescale!(input, settingsOf('smoothquant-w8a8-alpha0.7'), context),
  );
  expect(smoothquantGptq.supports(parseRecipe('smoothquant-gptq-w4a4-trueseq'))).toMatch(/no order of calib/);
});

test('only what a norm makes is smoothed', async () => {
  const context = { operations, architecture: architectureOf('opt') };
  for (const producer of ['rows', 'none'] as const) {
    const input = inputOf([1, 2], [[3, 4]], producer);
    expect((await smoothquant.rescale!(input, settingsOf('smoothquant-w8a8'), context)).factors).toBeNull();
  }
});

test.each([
  ['llama', null, 0.85],
  ['mistral', null, 0.8],
  ['mixtral', null, 0.8],
  ['falcon', null, 0.6],
  ['falcon', {}, 0.7],
  ['opt', null, 0.5],
  ['bloom', null, 0.5],
])('%s with %j before its feed-forward: α = %d', (family, before, alpha) => {
  expect(alphaOf(architectureOf(family, before))).toBe(alpha);
});

test('rounded products are nearer to the exact ones where activations have outliers', async () => {
  const rng = createRng(3);
  const [N, K, M] = [24, 64, 40];
  const weight = Array.from({ length: N * K }, () => 0.05 * rng.normal());
  const size = Array.from({ length: K }, (_, k) => (k % 16 === 3 ? 60 : 1));
  const inputs = Array.from({ length: M }, () => size.map((s) => s * rng.normal()));
  const settings = settingsOf('smoothquant-w8a8');
  const input = inputOf(weight, inputs);
  const context = { operations, architecture: architectureOf('opt') };
  const { factors } = await smoothquant.rescale!(input, settings, context);
  const errorWith = async (own: Float64Array) => {
    const [linear] = input.readers[0]!.linears;
    const scaled = await operations.rescaling.scale(linear!, { columns: own, rows: null });
    const { packed } = await smoothquant.quantize(scaled, settings, {
      ...{ statistics: input.readers[0]!.statistics, operations, rng: createRng(0) },
    });
    const restored = dequantize(packed);
    let error = 0;
    for (const x of inputs) {
      const divided = Float32Array.from(x, (value, k) => value / own[k]!);
      const { rounded } = roundGroups(divided, K, { ...PLAIN_GRID, bits: 8 });
      for (let n = 0; n < N; n++) {
        let [exact, found] = [0, 0];
        for (let k = 0; k < K; k++) {
          exact += weight[n * K + k]! * x[k]!;
          found += restored[n * K + k]! * rounded[k]!;
        }
        error += (exact - found) ** 2;
      }
    }
    return error;
  };
  expect(await errorWith(factors!)).toBeLessThan((await errorWith(new Float64Array(K).fill(1))) / 2);
});

test.each([
  ['smoothquant-w8a8', null],
  ['smoothquant-w8a8-sym', null],
  ['smoothquant-w4a4-alpha0.5', null],
  ['smoothquant-w4g128', null],
  ['smoothquant-w8a8-alpha1.5', 'an alpha of 1.5 is above 1'],
  ['smoothquant-w8a8-damp0.1', expect.stringMatching(/smoothquant has no damping/)],
  ['smoothquant-a8', 'smoothquant moves outliers into weights, and the recipe gives no bits for them'],
])('supports %s: %s', (id, reason) => expect(smoothquant.supports(parseRecipe(id))).toEqual(reason));
