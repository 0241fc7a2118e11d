import { describe, expect, test } from 'vitest';
import { parseRecipe } from '../../../data/recipe.ts';
import { codebook } from '../../../eval/formats/codebook.ts';
import { packedBytes } from '../../../eval/formats/format.ts';
import { NF4_LEVELS } from '../../../eval/math/normal-float.ts';
import { createRng } from '../../../eval/math/rng.ts';
import { irQlora } from '../../../eval/methods/ir-qlora.ts';
import { nf4 } from '../../../eval/methods/nf4.ts';
import { rtn } from '../../../eval/methods/rtn.ts';
import { cpuOperations as operations } from '../../../eval/operations/cpu.ts';
import { testMethod } from '../../contracts/method.ts';
import { CODEBOOK } from './layouts.ts';
import { sampleLayer } from './samples.ts';
import { entropyOf, slowCodes } from './slow-groups.ts';

testMethod(nf4, { recipes: ['nf4-w4g64', 'nf4-w4g32', 'nf4-w4'], layout: CODEBOOK });
testMethod(irQlora, { recipes: ['ir-qlora-w4g64', 'ir-qlora-w4g16'], layout: CODEBOOK });

const context = () => ({ statistics: null, operations, rng: createRng(0) });
const LEVELS = [...NF4_LEVELS];

async function run(method: typeof nf4 | typeof irQlora, weight: Float32Array, N: number, group: number) {
  const linear = { name: 'x', weight, N, K: weight.length / N };
  return (await method.quantize(linear, { group }, context())).packed;
}

/** Codes, and what each group was divided by and shifted by before these were quantized. */
const groupsOf = (weight: Float32Array, group: number) =>
  Array.from({ length: weight.length / group }, (_, g) => [...weight.slice(g * group, (g + 1) * group)]);

const relativeError = (weight: Float32Array, restored: Float32Array) =>
  restored.reduce((sum, value, i) => sum + (value - weight[i]!) ** 2, 0) /
  weight.reduce((sum, value) => sum + value ** 2, 0);

test('codes equal a slow version', async () => {
  const { weight, N } = sampleLayer(24, 192, 3).linear;
  const { codes } = codebook.unpack(await run(nf4, weight, N, 64));
  expect([...codes]).toEqual(groupsOf(weight, 64).flatMap((values) => slowCodes(values, LEVELS)));
});

test('scales are quantized to within 0.75 % of the largest distance from their mean', async () => {
  const { weight, N, K } = sampleLayer(40, 64 * 9, 4).linear;
  const packed = await run(nf4, weight, N, 64);
  const { absmax } = codebook.unpack(packed);
  const exact = groupsOf(weight, 64).map((values) => Math.max(...values.map(Math.abs)));
  const mean = exact.reduce((sum, value) => sum + value, 0) / exact.length;
  expect(absmax.mean).toBeCloseTo(mean, 7);
  const restored = codebook.dequantize(packed);
  for (let g = 0; g < exact.length; g++) {
    const block = exact.slice(256 * Math.floor(g / 256), 256 * Math.floor(g / 256) + 256);
    const most = Math.max(...block.map((value) => Math.abs(value - mean)));
    const stored = Math.max(...restored.slice(g * 64, (g + 1) * 64).map(Math.abs));
    expect(Math.abs(stored - exact[g]!)).toBeLessThanOrEqual(0.0075 * most);
  }
  // 4 bits, 8 a group of 64, 32 a block of 256 groups, and one mean: 4.127 as in the paper.
  expect((packedBytes(packed) * 8) / (N * K)).toBeCloseTo(4 + 8 / 64 + (2 * 32 + 32) / (N * K), 10);
});

test('normal weights lose less than on a symmetric integer grid of the same groups', async () => {
  const { linear } = sampleLayer(64, 256, 5);
  const own = codebook.dequantize(await run(nf4, linear.weight, linear.N, 64));
  const nearest = await rtn.quantize(linear, rtn.fromRecipe(parseRecipe('rtn-w4g64-sym')), context());
  const error = relativeError(linear.weight, own);
  expect(error).toBeLessThan(await operations.relativeError(linear, nearest.packed));
  expect(await operations.relativeError(linear, await run(nf4, linear.weight, linear.N, 64))).toBe(error);
});

describe('information calibration', () => {
  test('no group has less entropy than with NF4, and most have more', async () => {
    let more = 0;
    for (const seed of [1, 2, 3]) {
      const rng = createRng(seed);
      const weight = Float32Array.from({ length: 16 * 256 }, () => 0.05 * rng.normal() + 0.01 * seed);
      const plain = codebook.unpack(await run(nf4, weight, 16, 64)).codes;
      const calibrated = codebook.unpack(await run(irQlora, weight, 16, 64)).codes;
      for (let at = 0; at < weight.length; at += 64) {
        const [before, after] = [plain, calibrated].map((codes) => entropyOf([...codes.slice(at, at + 64)]));
        expect(after).toBeGreaterThanOrEqual(before! - 1e-12);
        more += Number(after! > before! + 1e-12);
      }
    }
    expect(more).toBeGreaterThan(150);
  });

  test('codes are those of the shift with the most entropy, tried one by one', async () => {
    const { weight, N } = sampleLayer(6, 128, 8).linear;
    const { codes } = codebook.unpack(await run(irQlora, weight, N, 64));
    // Φ⁻¹(0.9677083), whose inverse is σ in the reference code.
    const reach = 0.1 / 1.8481306;
    for (const [g, values] of groupsOf(weight, 64).entries()) {
      const median = values.toSorted((a, b) => a - b)[31]!;
      const most = Math.max(...values.map((value) => Math.abs(value - median)));
      const shifts = Array.from({ length: 201 }, (_, i) => median + reach * (i / 100 - 1) * most);
      const entropies = [...shifts, 0].map((shift) =>
        entropyOf(
          slowCodes(
            values.map((value) => value - shift),
            LEVELS,
          ),
        ),
      );
      expect(entropyOf([...codes.slice(g * 64, (g + 1) * 64)])).toBeCloseTo(Math.max(...entropies), 1);
    }
  });

  test('weights around another centre than 0 lose less than with NF4', async () => {
    const rng = createRng(4);
    const weight = Float32Array.from({ length: 64 * 128 }, () => 0.1 + 0.05 * rng.normal());
    const [plain, calibrated] = await Promise.all(
      [nf4, irQlora].map((method) => run(method, weight, 64, 64)),
    );
    const error = relativeError(weight, codebook.dequantize(calibrated!));
    expect(error).toBeLessThan(0.8 * relativeError(weight, codebook.dequantize(plain!)));
  });

  test('shifts cost 8 bits a group and 32 a block', async () => {
    const { weight, N, K } = sampleLayer(32, 512, 1).linear;
    const [plain, calibrated] = await Promise.all([nf4, irQlora].map((method) => run(method, weight, N, 64)));
    expect(packedBytes(calibrated!) - packedBytes(plain!)).toBe((N * K) / 64 + 4);
  });
});

test.each([
  ['nf4-w4g64', null],
  ['nf4-w4', null],
  ['nf4-w4g64a8kv4', null],
  ['nf4-w3g64', '3-bit weights are not supported; its levels are those of 4 bits'],
  ['nf4-kv4', 'nf4 compresses weights, and the recipe gives no bits for them'],
  ['nf4-w4gx', 'the recipe leaves the group size open'],
  ['nf4-w4-sym', 'nf4 has no symmetric grids (sym); it has no optional settings'],
  ['nf4-w4a9', '9-bit activations are not supported; 2 to 8 whole bits are, and 16 for none'],
])('nf4 supports %s: %s', (id, reason) => expect(nf4.supports(parseRecipe(id))).toBe(reason));

test.each([
  ['ir-qlora-w4g64', null],
  ['ir-qlora-w4', 'groups of whole rows are not supported; 1 to 1024 columns are'],
  ['ir-qlora-w4g2048', 'groups of 2048 are not supported; 1 to 1024 columns are'],
  ['ir-qlora-w2g64', '2-bit weights are not supported; its levels are those of 4 bits'],
  ['ir-qlora-w4g64-mse', 'ir-qlora has no range search (mse); it has no optional settings'],
])('ir-qlora supports %s: %s', (id, reason) => expect(irQlora.supports(parseRecipe(id))).toBe(reason));
