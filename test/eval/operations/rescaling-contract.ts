/** What methods that divide inputs by factors must give on a device: what they give on the CPU. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseRecipe } from '../../../data/recipe.ts';
import { type CompressedModel, compressModel } from '../../../eval/compress.ts';
import type { CudaEngine } from '../../../eval/engines/cuda/engine.ts';
import type { Architecture } from '../../../eval/families/architecture.ts';
import { linearsOf } from '../../../eval/families/linears.ts';
import { intGrouped } from '../../../eval/formats/int-grouped.ts';
import { createRng } from '../../../eval/math/rng.ts';
import { awq } from '../../../eval/methods/awq.ts';
import type { RescalableInput } from '../../../eval/methods/method.ts';
import { smoothquant } from '../../../eval/methods/smoothquant.ts';
import { cpuOperations } from '../../../eval/operations/cpu.ts';
import type { Operations } from '../../../eval/operations/operations.ts';
import type { WeightSource } from '../../../eval/weights.ts';
import { testMethod } from '../../contracts/method.ts';
import { agreement } from '../../kernels/quantize-samples.ts';
import { relativeError } from '../engines/compare.ts';
import { describedModel } from '../engines/described-models.ts';
import { tinyModel } from '../engines/tiny-models.ts';
import { otherModel } from '../engines/tiny-others.ts';
import { sampleLayer } from '../methods/samples.ts';
import { throughHost } from './through-host.ts';

const architecture = { family: 'llama', blocks: [] } as unknown as Architecture;

export function describeDeviceRescaling(engine: () => CudaEngine): void {
  const operations = () => engine().operations;
  testMethod(awq, { recipes: ['awq-w4g32', 'awq-w3-minmax', 'awq-w2g16-sym'], operations });
  testMethod(smoothquant, { recipes: ['smoothquant-w8a8-sym', 'smoothquant-w4g32a4'], operations });

  test.each([
    [40, 192],
    [13, 65],
  ])('scaling, maxima and divided Hessians, %d × %d', async (N, K) => {
    const { linear, hessian } = sampleLayer(N, K, 3);
    const rng = createRng(1);
    const factors = (count: number) => Float64Array.from({ length: count }, () => Math.exp(rng.normal()));
    const scale = { columns: factors(K), rows: factors(N) };
    const [own, expected] = [operations().rescaling, cpuOperations.rescaling];
    expect((await own.scale(linear, scale)).weight).toEqual((await expected.scale(linear, scale)).weight);
    expect(await own.columnMaxima(linear)).toEqual(await expected.columnMaxima(linear));
    const handle = operations().hessian(hessian);
    await handle.divide(scale.columns);
    expect((await handle.toHost()).values).toEqual(hessian.dividedBy(scale.columns).values);
    handle.release();
  });

  test.each(['awq-w4g32', 'awq-w3g64-minmax', 'awq-w2', 'awq-w4g16-sym'])(
    '%s chooses the factors and codes of the CPU',
    async (id) => {
      const settings = awq.settings.parse(awq.fromRecipe(parseRecipe(id)));
      for (const seed of [1, 2, 3]) {
        const { linear, hessian, channels } = sampleLayer(40, 192, seed);
        const on = async (place: Operations) => {
          const statistics = { hessian: place.hessian(hessian), channels };
          const readers = [{ linears: [linear], statistics }];
          const input: RescalableInput<'inputs'> = { K: 192, producer: 'norm', ties: null, readers };
          const { factors } = await awq.rescale!(input, settings, { operations: place, architecture });
          const context = { statistics, operations: place, rng: createRng(0) };
          const { packed } = await awq.quantize(linear, settings, context);
          const relative = await place.relativeError(linear, packed);
          statistics.hessian.release();
          return { factors, relative, codes: intGrouped.unpack(packed).codes };
        };
        const [found, expected] = [await on(operations()), await on(cpuOperations)];
        expect(found.factors).toEqual(expected.factors);
        // Errors that are equal but for the last bits may favour another clip.
        expect(agreement(found.codes, expected.codes)).toBeGreaterThan(0.995);
        expect(found.relative / expected.relative).toBeCloseTo(1, 2);
      }
    },
  );

  describe('whole models', () => {
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'bitloss-rescaled-'));
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    const models: Record<string, () => { architecture: Architecture; weights: WeightSource }> = {
      dense: () => tinyModel('biases everywhere'),
      'parallel, with GELU': () => describedModel('falcon with one key'),
      'norms with an offset': () => describedModel('gemma 2'),
      'shared experts': () => otherModel('qwen2-moe, biases and a shared expert'),
      latent: () => otherModel('deepseek-v2, latent queries, groups'),
      scan: () => otherModel('mamba, tied'),
    };
    const cases = Object.keys(models).flatMap((kind) => [
      [kind, 'awq-w8'] as const,
      [kind, 'smoothquant-w8a8'] as const,
    ]);

    test.each(cases)('%s: %s comes out as through the host, near the original', async (kind, recipe) => {
      const { architecture: own, weights } = models[kind]!();
      const rng = createRng(8);
      const sequences = Array.from({ length: 12 }, () =>
        Array.from({ length: 24 }, () => rng.int(own.vocabSize)),
      );
      const compress = (name: string, place: typeof throughHost | null): Promise<CompressedModel> =>
        compressModel({
          ...{ architecture: own, weights, parameters: 1, recipe: parseRecipe(recipe), log: () => {} },
          folder: join(folder, kind, recipe, name),
          calibration: {
            ...{ engine: place === null ? engine() : place(engine()), sequences, workspaceBytes: 1 << 24 },
          },
        });
      const [found, expected] = [await compress('device', null), await compress('host', throughHost)];
      const logits = async (source: WeightSource) => {
        const model = await engine().load(own, source, { workspaceBytes: 1 << 24 });
        return model.logits(sequences[0]!);
      };
      // The same packed linears as values from the host: kernels that dequantize give the same weights.
      expect(
        relativeError(await logits(found), await logits({ ...found, packedLinear: async () => null })),
      ).toBeLessThan(1e-6);
      expect(relativeError(await logits(found), await logits(expected))).toBeLessThan(0.05);
      expect(relativeError(await logits(found), await logits(weights))).toBeLessThan(0.2);
      expect(found.linears.map(({ name }) => name)).toEqual(
        own.blocks.flatMap(linearsOf).map(({ name }) => name),
      );
    });
  });
}
