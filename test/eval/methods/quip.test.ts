import { expect, test } from 'vitest';
import { parseRecipe } from '../../../data/recipe.ts';
import { unpackBits } from '../../../eval/formats/bit-stream.ts';
import type { PackedLinear } from '../../../eval/formats/format.ts';
import { incoherent } from '../../../eval/formats/incoherent.ts';
import { dequantize } from '../../../eval/formats/index.ts';
import { Hessian } from '../../../eval/math/hessian.ts';
import { hessianMixings, mixed, weightMixings } from '../../../eval/math/incoherence.ts';
import { createRng } from '../../../eval/math/rng.ts';
import { methodFor } from '../../../eval/methods/index.ts';
import { quip } from '../../../eval/methods/quip.ts';
import { cpuOperations } from '../../../eval/operations/cpu.ts';
import { testMethod } from '../../contracts/method.ts';
import { INCOHERENT } from './layouts.ts';
import { outputError, type Sample, sampleLayer } from './samples.ts';
import { slowGreedy, slowLdlq } from './slow-ldlq.ts';

testMethod(quip, {
  recipes: ['quip-w2', 'quip-w3-actorder', 'quip-w3-@rg', 'quip-w4', 'quip-w8-damp0.1'],
  layout: INCOHERENT,
  skip: [
    {
      reason: 'all rows are mixed, so that the error of one reaches the others',
      tests: ['odd rows stay finite, zero rows stay zero'],
    },
    { reason: 'there are no groups', tests: ['a group that does not divide is refused, early too'] },
  ],
});

async function run(sample: Pick<Sample, 'linear' | 'hessian'>, id: string) {
  const recipe = parseRecipe(id);
  const method = methodFor(recipe);
  const context = {
    statistics: cpuOperations.hessian(sample.hessian),
    operations: cpuOperations,
    rng: createRng(0),
  };
  return method.quantize(sample.linear, method.fromRecipe(recipe), context);
}

const codesOf = (packed: PackedLinear) => {
  const { N, K, bits, stream } = incoherent.unpack(packed);
  const codes = new Uint8Array(N * K);
  for (let n = 0; n < N; n++) unpackBits(stream, n * Math.ceil((K * bits) / 8), K, bits, codes, n * K);
  return codes;
};

test.each(['quip-w2', 'quip-w3', 'quip-w4'])('%s has the codes of LDLQ from the other end', async (id) => {
  const [N, K] = [8, 24];
  const sample = sampleLayer(N, K, 5);
  const { packed, hessianLoss } = await run(sample, id);
  const { bits, end, ...basis } = incoherent.unpack(packed);
  const weight = mixed(Float64Array.from(sample.linear.weight), weightMixings(N, basis, false));
  const hessian = mixed(sample.hessian.values, hessianMixings(basis));
  const mean = Array.from({ length: K }, (_, k) => hessian[k * K + k]!).reduce((a, b) => a + b) / K;
  for (let k = 0; k < K; k++) hessian[k * K + k]! += (0.01 + 0.01 * 1.01) * mean;
  const { codes, restored } = slowLdlq(weight, hessian, N, K, bits, end);
  expect([...codesOf(packed)]).toEqual(codes);
  const difference = { weight: Float32Array.from(weight), N, K, name: '' };
  const loss = outputError(
    { linear: difference, hessian: new Hessian(hessian, K) },
    Float32Array.from(restored),
  );
  expect(hessianLoss! / loss).toBeCloseTo(1, 4);
});

test.each([
  ['quip-w2-@rg', 3],
  ['quip-w3-@rg', 6],
])('%s has the codes of LDLQ by falling diagonal and of nine greedy passes', async (id, seed) => {
  const [N, K] = [8, 24];
  const sample = sampleLayer(N, K, seed);
  const { packed, hessianLoss } = await run(sample, id);
  const { bits, end, ...basis } = incoherent.unpack(packed);
  const weight = mixed(Float64Array.from(sample.linear.weight), weightMixings(N, basis, false));
  const hessian = mixed(sample.hessian.values, hessianMixings(basis));
  const mean = Array.from({ length: K }, (_, k) => hessian[k * K + k]!).reduce((a, b) => a + b) / K;
  const order = [...Array(K).keys()].sort((a, b) => hessian[b * K + b]! - hessian[a * K + a]!);
  for (let k = 0; k < K; k++) hessian[k * K + k]! += (0.01 + 0.01 * 1.01) * mean;
  const sorted = order.flatMap((a) => order.map((b) => hessian[a * K + b]!));
  const visited = Array.from({ length: N }, (_, n) => order.map((k) => weight[n * K + k]!)).flat();
  const given = [Float64Array.from(visited), Float64Array.from(sorted), N, K, bits, end] as const;
  const before = slowLdlq(...given);
  const after = slowGreedy(...given, before.codes, 9);
  const codes = codesOf(packed);
  expect(order.flatMap((k) => Array.from({ length: N }, (_, n) => codes[n * K + k]))).toEqual(
    order.flatMap((_, i) => Array.from({ length: N }, (_, n) => after.codes[n * K + i])),
  );
  expect(after.codes).not.toEqual(before.codes);
  expect(hessianLoss! / after.loss).toBeCloseTo(1, 4);
  const { hessianLoss: plain } = await run(sample, id.replace('@rg', 'actorder'));
  expect(hessianLoss!).toBeLessThan(plain!);
});

test('more bits lose less', async () => {
  const sample = sampleLayer(32, 48, 1);
  const nothing = outputError(sample, new Float32Array(32 * 48));
  const losses: number[] = [];
  for (const bits of [2, 3, 4, 8])
    losses.push(outputError(sample, dequantize((await run(sample, `quip-w${bits}`)).packed)) / nothing);
  expect(losses.toSorted((a, b) => b - a)).toEqual(losses);
  expect(losses[0]).toBeLessThan(0.3);
  // Of normal numbers 1.6 % lie beyond 2.4 deviations, where the grid ends at any number of bits.
  expect(losses[3]).toBeLessThan(0.03);
});

test('loses less than GPTQ at 2 bits, where weights and inputs stand out', async () => {
  let wins = 0;
  for (let seed = 0; seed < 6; seed++) {
    const sample = sampleLayer(32, 64, seed);
    for (let n = 0; n < 32; n++) for (const k of [5, 50]) sample.linear.weight[n * 64 + k]! *= 8;
    const error = async (id: string) => outputError(sample, dequantize((await run(sample, id)).packed));
    if ((await error('quip-w2')) < (await error('gptq-w2'))) wins += 1;
  }
  expect(wins).toBeGreaterThanOrEqual(5);
});

test('a layer without calibration input is rounded without feedback, and that is noted', async () => {
  const { linear } = sampleLayer(6, 16, 2);
  const { notes, hessianLoss, packed } = await run(
    { linear, hessian: new Hessian(new Float64Array(256), 16) },
    'quip-w4',
  );
  expect(notes).toMatchInlineSnapshot(`
    [
      "model.layers.0.mlp.up_proj: all its inputs were zero, or none came, in the calibration data; rounded in the incoherent basis without feedback.",
    ]
  `);
  expect(hessianLoss).toBeNull();
  expect(dequantize(packed).every(Number.isFinite)).toBe(true);
});

test('a Hessian without a factor', async () => {
  const { linear } = sampleLayer(4, 8, 2);
  const values = Float64Array.from({ length: 64 }, (_, at) => (at % 9 === 0 ? 1 : 1e6));
  const { notes } = await run({ linear, hessian: new Hessian(values, 8) }, 'quip-w4');
  expect(notes[0]).toMatch(
    /has no factor up to a damping of .*; rounded in the incoherent basis without feedback/,
  );
});

test('a weight that is not finite is named', async () => {
  const sample = sampleLayer(4, 8, 2);
  sample.linear.weight[13] = Number.NaN;
  await expect(run(sample, 'quip-w4')).rejects.toThrowErrorMatchingInlineSnapshot(
    `[BitlossError: [quip] model.layers.0.mlp.up_proj: the weight in row 1, column 5 is NaN, which has no place on an integer grid. Check the checkpoint; a weight file with NaN or infinite values is damaged or was saved after a diverged training.]`,
  );
});

test.each([
  ['quip-w2', null],
  ['quip-w4kv4', null],
  ['quip-w4-actorder-trueseq-damp0.1', null],
  ['quip-w2-@rg', null],
  ['quip-w2-actorder-@rg', '@rg visits columns by falling diagonal in any case; leave actorder out'],
  ['quip-w2-@greedy', 'it has no variant "greedy"; @rg goes on with greedy passes'],
  ['quip-w4g128', 'quip has one grid for a whole matrix; leave the group out'],
  ['quip-w1', '1-bit weights are not supported; 2 to 8 whole bits are'],
  ['quip-kv4', 'quip compresses weights, and the recipe gives no bits for them'],
])('supports %s: %s', (id, reason) => expect(quip.supports(parseRecipe(id))).toBe(reason));

test('damaged files are refused', async () => {
  const { packed } = await run(sampleLayer(4, 8, 2), 'quip-w4');
  const without = (change: Partial<PackedLinear>) => () => dequantize({ ...packed, ...change });
  expect(without({ attributes: { bits: 4 } })).toThrowErrorMatchingInlineSnapshot(
    `[BitlossError: [incoherent] packed weights: seed is undefined, expected a whole number. Delete the compressed model; it will be made again.]`,
  );
  expect(without({ attributes: { bits: 9, seed: 0 } })).toThrowErrorMatchingInlineSnapshot(
    `[BitlossError: [incoherent] packed weights: bits is 9, expected 1…8. Delete the compressed model; it will be made again.]`,
  );
  expect(without({ N: 5 })).toThrowErrorMatchingInlineSnapshot(
    `[BitlossError: [incoherent] packed weights: codes should be 20 bytes of U8. Delete the compressed model; it will be made again.]`,
  );
});
