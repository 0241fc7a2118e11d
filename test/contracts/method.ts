/** What every compression method must keep, whatever it does inside. Call `testMethod` once in the method's test file. */
import { describe, expect, test } from 'vitest';
import { parseRecipe } from '../../data/recipe.ts';
import { type PackedLinear, packedBytes } from '../../eval/formats/format.ts';
import { dequantize } from '../../eval/formats/index.ts';
import { intGrouped } from '../../eval/formats/int-grouped.ts';
import { createRng } from '../../eval/math/rng.ts';
import { type Method, type Needs, type Statistics, statisticsFor } from '../../eval/methods/method.ts';
import { rtn } from '../../eval/methods/rtn.ts';
import { cpuOperations } from '../../eval/operations/cpu.ts';
import type { Operations } from '../../eval/operations/operations.ts';
import { outputError, type Sample, sampleLayer } from '../eval/methods/samples.ts';

export interface MethodContract {
  /** Recipes whose groups divide 64 columns. */
  readonly recipes: readonly string[];
  /** Claims an output error not above that of RTN on the same grid. */
  readonly beatsRoundingToNearest?: boolean;
  /** Of the method's packed linears. @default int-grouped */
  readonly layout?: {
    /** pack(unpack(packed)). */
    readonly repack: (packed: PackedLinear) => PackedLinear;
    /** What the layout asks for, from its description alone. */
    readonly bytes: (packed: PackedLinear) => number;
  };
  /** Where the heavy steps are done. @default on the CPU */
  readonly operations?: () => Operations;
  readonly skip?: readonly { readonly reason: string; readonly tests: readonly string[] }[];
}

const N = 12;
const K = 64;

const INT_GROUPED = {
  repack: (packed: PackedLinear) => intGrouped.pack(intGrouped.unpack(packed)),
  bytes: declaredBytes,
};

export function testMethod<Settings, Need extends Needs>(
  method: Method<Settings, Need>,
  contract: MethodContract,
): void {
  const { recipes, beatsRoundingToNearest = false, layout = INT_GROUPED, skip = [] } = contract;
  const operations = contract.operations ?? (() => cpuOperations);
  const contextOf = (sample: Sample) => {
    const hessian = operations().hessian(sample.hessian);
    const { channels } = sample;
    const statistics = statisticsFor(method.needs, { hessian, channels }) as Statistics[Need];
    return { statistics, operations: operations(), rng: createRng(1) };
  };
  const run = (sample: Sample, id: string) => {
    const settings = method.settings.parse(method.fromRecipe(parseRecipe(id)));
    return method.quantize(sample.linear, settings, contextOf(sample));
  };
  const restore = async (sample: Sample, id: string) => dequantize((await run(sample, id)).packed);
  const check = (name: string, body: (id: string) => void | Promise<void>) => {
    const reason = skip.find(({ tests }) => tests.includes(name))?.reason;
    if (reason !== undefined) test.skip(`${name} (${reason})`);
    else test.each(recipes)(`${name}: %s`, body);
  };

  describe(`${method.id} keeps the contract of methods`, () => {
    check('runs what it says it supports', (id) => {
      expect(method.supports(parseRecipe(id))).toBeNull();
      expect(parseRecipe(id).method).toBe(method.id);
    });

    check('same seed, same bytes', async (id) => {
      expect(await run(sampleLayer(N, K, 1), id)).toEqual(await run(sampleLayer(N, K, 1), id));
    });

    check('input untouched', async (id) => {
      const sample = sampleLayer(N, K, 2);
      const before = structuredClone({ weight: sample.linear.weight, hessian: sample.hessian.values });
      await run(sample, id);
      expect({ weight: sample.linear.weight, hessian: sample.hessian.values }).toEqual(before);
    });

    check('pack∘unpack is the identity', async (id) => {
      const { packed } = await run(sampleLayer(N, K, 3), id);
      expect(layout.repack(packed)).toEqual(packed);
    });

    check('declared size is the actual size', async (id) => {
      const { packed } = await run(sampleLayer(N, K, 4), id);
      expect(packedBytes(packed)).toBe(layout.bytes(packed));
    });

    check('odd rows stay finite, zero rows stay zero', async (id) => {
      const sample = sampleLayer(N, K, 5);
      sample.linear.weight.set(oddRows());
      const restored = await restore(sample, id);
      expect(restored.every(Number.isFinite)).toBe(true);
      expect(restored.subarray(0, K).every((value) => value === 0)).toBe(true);
    });

    check('a NaN row is refused', async (id) => {
      const sample = sampleLayer(N, K, 6);
      sample.linear.weight[3 * K + 5] = Number.NaN;
      await expect(run(sample, id)).rejects.toMatchObject({ code: 'method/not-finite' });
    });

    check('a group that does not divide is refused, early too', async (id) => {
      const recipe = { ...parseRecipe(id), weights: { bits: 4, group: 48 }, staticGroups: false };
      const settings = method.fromRecipe(recipe);
      const refusal = expect.objectContaining({ code: 'method/group-size' });
      const sample = sampleLayer(N, K, 7);
      expect(() => method.check(sample.linear, settings)).toThrow(refusal);
      await expect(method.quantize(sample.linear, settings, contextOf(sample))).rejects.toThrow(refusal);
    });

    if (beatsRoundingToNearest) {
      check('output error is not above rtn', async (id) => {
        const { weights, symmetric, range, mse } = parseRecipe(id);
        const settings = { bits: weights!.bits, group: weights!.group!, symmetric, range, mse };
        for (let seed = 10; seed < 20; seed++) {
          const sample = sampleLayer(N, K, seed);
          const context = { statistics: null, operations: operations(), rng: createRng(1) };
          const nearest = await rtn.quantize(sample.linear, settings, context);
          const limit = outputError(sample, dequantize(nearest.packed));
          expect(outputError(sample, await restore(sample, id))).toBeLessThanOrEqual(limit);
        }
      });
    }
  });
}

/** Zero, constant, negative constant, one outlier among zeros, one among small weights, the smallest number. */
function oddRows(): Float32Array {
  const rows = new Float32Array(6 * K);
  rows.fill(0.25, K, 2 * K).fill(-0.25, 2 * K, 3 * K);
  rows[3 * K + 7] = 100;
  rows.fill(0.01, 4 * K, 5 * K)[4 * K + 20] = -50;
  rows.fill(2 ** -149, 5 * K, 6 * K);
  return rows;
}

/** The size that the layout of int-grouped asks for, from its description alone. */
export function declaredBytes({ N, K, attributes, buffers }: PackedLinear): number {
  const bits = Number(attributes.bits);
  const grids = N * (K / Number(attributes.group));
  const zeros = { none: 0, U8: Math.ceil((grids * bits) / 8), I16: 2 * grids }[
    String(buffers.zeros?.dtype ?? 'none')
  ];
  return N * Math.ceil((K * bits) / 8) + 2 * grids + zeros! + (buffers.groups === undefined ? 0 : 2 * K);
}
