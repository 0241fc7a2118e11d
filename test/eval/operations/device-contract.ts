/** What compression on a device must give: the codes of the CPU, whatever the recipe, and the same refusals. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseRecipe } from '../../../data/recipe.ts';
import { startCalibration } from '../../../eval/compress/calibration-run.ts';
import { type CompressedModel, compressModel, compressModels } from '../../../eval/compress.ts';
import { DeviceLinear } from '../../../eval/engines/cuda/device-linear.ts';
import { CudaEngine } from '../../../eval/engines/cuda/engine.ts';
import { BL } from '../../../eval/engines/cuda/kernels.gen.ts';
import type { Engine } from '../../../eval/engines/engine.ts';
import type { Linear } from '../../../eval/families/architecture.ts';
import { describeModel } from '../../../eval/families/index.ts';
import { linearsOf } from '../../../eval/families/linears.ts';
import type { PackedLinear } from '../../../eval/formats/format.ts';
import { dequantize } from '../../../eval/formats/index.ts';
import { intGrouped } from '../../../eval/formats/int-grouped.ts';
import type { ChannelStatistics } from '../../../eval/math/channel-sum.ts';
import { Hessian } from '../../../eval/math/hessian.ts';
import { createRng } from '../../../eval/math/rng.ts';
import { gptq } from '../../../eval/methods/gptq.ts';
import { hqq } from '../../../eval/methods/hqq.ts';
import { methodFor } from '../../../eval/methods/index.ts';
import { irQlora } from '../../../eval/methods/ir-qlora.ts';
import { llmInt8 } from '../../../eval/methods/llm.int8.ts';
import { statisticsFor } from '../../../eval/methods/method.ts';
import { nf4 } from '../../../eval/methods/nf4.ts';
import { rtn } from '../../../eval/methods/rtn.ts';
import { cpuOperations } from '../../../eval/operations/cpu.ts';
import type { DenseLinear, Operations } from '../../../eval/operations/operations.ts';
import { testMethod } from '../../contracts/method.ts';
import { agreement, typed } from '../../kernels/quantize-samples.ts';
import { memoryWeights, randomTensors, TINY, tinyModel } from '../engines/tiny-models.ts';
import { otherModel } from '../engines/tiny-others.ts';
import { CODEBOOK, FLOAT_ZEROS, LLM_INT8 } from '../methods/layouts.ts';
import { sampleLayer } from '../methods/samples.ts';
import { describeRotations } from './rotation-contract.ts';
import { throughHost } from './through-host.ts';

const RTN = ['rtn-w4g32', 'rtn-w2g64-minmax', 'rtn-w3-free', 'rtn-w8-sym', 'rtn-w6g64-sym-free-mse'];
const GPTQ = [
  'gptq-w4g32',
  'gptq-w3g64-sym-minmax',
  'gptq-w2-free',
  'gptq-w8g64-actorder',
  'gptq-w5g32-actorder-static-mse',
  'gptq-w4g16-static',
];

/** Share of equal bytes of two packed linears of one layout. */
function sameBytes(a: PackedLinear, b: PackedLinear): number {
  expect(Object.keys(a.buffers)).toEqual(Object.keys(b.buffers));
  const shares = Object.entries(a.buffers).map(([name, { bytes }]) =>
    agreement(bytes, b.buffers[name]!.bytes),
  );
  return Math.min(...shares);
}

/** A method's result on the CPU and on the device. */
async function both(
  operations: Operations,
  linear: DenseLinear,
  hessian: Hessian,
  id: string,
  channels: ChannelStatistics | null = null,
) {
  const recipe = parseRecipe(id);
  const method = methodFor(recipe);
  const on = async (place: Operations) => {
    const handle = place.hessian(hessian);
    const statistics = statisticsFor(method.needs, { hessian: handle, channels });
    const context = { statistics, operations: place, rng: createRng(0) };
    const result = await method.quantize(linear, method.fromRecipe(recipe), context);
    const relativeError = await place.relativeError(linear, result.packed);
    handle.release();
    return { ...result, relativeError };
  };
  return { expected: await on(cpuOperations), found: await on(operations) };
}

export function describeDeviceOperations(engine: () => CudaEngine): void {
  const operations = () => engine().operations;
  testMethod(rtn, { recipes: RTN, operations });
  testMethod(gptq, { recipes: GPTQ, operations, beatsRoundingToNearest: true });
  describeRotations(engine, both);

  testMethod(nf4, { recipes: ['nf4-w4g64', 'nf4-w4g16', 'nf4-w4'], layout: CODEBOOK, operations });
  testMethod(irQlora, { recipes: ['ir-qlora-w4g64', 'ir-qlora-w4g16'], layout: CODEBOOK, operations });
  testMethod(llmInt8, { ...LLM_INT8, operations });
  const hqqRecipes = [8, 4, 3, 2, 1].map((bits) => `hqq-w${bits}g32`);
  testMethod(hqq, { recipes: [...hqqRecipes, 'hqq-w3'], layout: FLOAT_ZEROS, operations });

  test.each([
    ...['nf4-w4g64', 'nf4-w4g12', 'nf4-w4', 'ir-qlora-w4g64', 'ir-qlora-w4g48', 'ir-qlora-w4g192'],
    'llm.int8-w8a8',
    ...['hqq-w8g64', 'hqq-w4g48', 'hqq-w3g32', 'hqq-w2g64', 'hqq-w1g96', 'hqq-w5'],
  ])('%s has the bytes of the CPU, on the device and back', async (id) => {
    const { device } = engine();
    const { linear, hessian, channels } = sampleLayer(41, 192, 7);
    linear.weight.subarray(0, 192).fill(0);
    linear.weight.subarray(192, 384).fill(-0.25);
    const { expected, found } = await both(operations(), linear, hessian, id, channels);
    // The zero of a group is a mean of 64 powers: another order of sums may round it another way.
    if (id.startsWith('hqq')) expect(sameBytes(found.packed, expected.packed)).toBeGreaterThan(0.9999);
    else expect(found.packed).toEqual(expected.packed);
    expect(found.relativeError / expected.relativeError).toBeCloseTo(1, 4);
    const out = device.alloc(linear.weight.byteLength);
    for (const dtype of [BL.F32, BL.F16] as const) {
      operations().dequantize(found.packed, { at: out, dtype });
      const values = dequantize(found.packed);
      if (dtype === BL.F32) expect(device.download(out, new Float32Array(values.length))).toEqual(values);
      else expect(device.download(out, new Uint16Array(values.length))).toEqual(typed(values, dtype).bits);
    }
    device.free(out);
  });

  describe('codes equal those of the CPU on at least 99.99 % of all weights', () => {
    const counts = { codes: 0, different: 0 };
    const shapes = [
      { N: 40, K: 192, groups: ['', 'g64', 'g32', 'g96'] },
      { N: 13, K: 65, groups: ['', 'g13'] },
      { N: 70, K: 320, groups: ['g160', 'g32'] },
    ];
    const options = ['', '-sym', '-minmax', '-free', '-sym-minmax', '-mse'];
    const gptqOptions = ['', '-actorder', '-static', '-actorder-static'];
    const cases = shapes.flatMap(({ N, K, groups }, s) =>
      groups.flatMap((group, g) =>
        options.flatMap((option, o) => {
          const bits = 2 + ((s + g + o) % 7);
          const own = gptqOptions[(s + g + o) % 4]!;
          const extra = group === '' ? own.replace('-static', '') : own;
          const [range, mse] = option === '-mse' ? ['', '-mse'] : [option, ''];
          return [
            { N, K, id: `rtn-w${bits}${group}${range}${mse}`, seed: s },
            { N, K, id: `gptq-w${bits}${group}${range}${extra}${mse}`, seed: s },
          ];
        }),
      ),
    );

    test.each(cases)('$id, $N×$K', async ({ N, K, id, seed }) => {
      const { linear, hessian } = sampleLayer(N, K, seed, [3]);
      const { expected, found } = await both(operations(), linear, hessian, id);
      const [codes, own] = [intGrouped.unpack(expected.packed), intGrouped.unpack(found.packed)];
      const different = codes.codes.filter((code, i) => code !== own.codes[i]).length;
      counts.codes += codes.codes.length;
      counts.different += different;
      // The same codes and grids are the same bytes.
      if (different === 0) expect(found.packed).toEqual(expected.packed);
      expect(found.notes).toEqual(expected.notes);
      expect(found.relativeError).toBeCloseTo(expected.relativeError, different === 0 ? 12 : 3);
      if (expected.hessianLoss !== null) expect(found.hessianLoss! / expected.hessianLoss).toBeCloseTo(1, 3);
    });

    test('counted', () => {
      expect(counts.codes).toBeGreaterThan(300_000);
      expect(counts.different / counts.codes).toBeLessThan(0.0001);
    });
  });

  describe('what a Hessian may be', () => {
    const { linear } = sampleLayer(4, 64, 5);
    const rounded = async (values: Float64Array) =>
      (await both(operations(), linear, new Hessian(values, 64), 'gptq-w4g32-actorder')).found.notes;
    const square = (fill: (i: number, j: number) => number) =>
      Float64Array.from({ length: 64 * 64 }, (_, at) => fill(Math.floor(at / 64), at % 64));

    test.each([
      ['of nothing', square(() => 0), /none came, in the calibration data; rounded to nearest/],
      [
        'with NaN',
        square((i, j) => (i === j ? Number.NaN : 0)),
        /no factor up to a damping of 0.01; rounded/,
      ],
      ['hopeless', square((i, j) => (i === j ? 1 : 1e6)), /no factor up to a damping of 10000; rounded/],
      [
        'barely indefinite',
        square((i, j) => (i === j ? 1 : 1.01)),
        /not positive definite at a damping of 0.01; 0.1 was/,
      ],
    ] as const)('%s', async (_, values, note) => {
      const { expected, found } = await both(
        operations(),
        linear,
        new Hessian(values, 64),
        'gptq-w4g32-actorder',
      );
      expect(await rounded(values)).toEqual([expect.stringMatching(note)]);
      expect(found.notes).toEqual(expected.notes);
      expect(found.packed).toEqual(expected.packed);
    });
  });

  test('a linear in device memory is read where it is', async () => {
    const { device } = engine();
    const { linear, hessian } = sampleLayer(24, 96, 3);
    const at = device.uploaded(linear.weight);
    const held = new DeviceLinear(device, linear, { at, dtype: BL.F32 });
    expect(held.weight).toEqual(linear.weight);
    for (const id of ['rtn-w4g32', 'gptq-w3g32-actorder']) {
      const { found } = await both(operations(), held, hessian, id);
      const { found: uploaded } = await both(operations(), linear, hessian, id);
      expect(found.packed).toEqual(uploaded.packed);
      const out = device.alloc(linear.weight.byteLength);
      operations().dequantize(found.packed, { at: out, dtype: BL.F32 });
      expect(device.download(out, new Float32Array(24 * 96))).toEqual(dequantize(found.packed));
      device.free(out);
    }
    device.free(at);
  });

  describe('calibration in device memory', () => {
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'bitloss-device-'));
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    const models = {
      dense: () => tinyModel('one kv head'),
      experts: () => otherModel('olmoe, norms over all heads'),
      'shared experts': () => otherModel('qwen2-moe, biases and a shared expert'),
      latent: () => otherModel('deepseek-v2, latent queries, groups'),
      scan: () => otherModel('mamba, tied'),
    };
    test.each(Object.entries(models))('%s models come out as through the host', async (kind, make) => {
      const { architecture, weights } = make();
      const rng = createRng(8);
      const sequences = Array.from({ length: 24 }, (_, s) =>
        Array.from({ length: 30 + s }, () => rng.int(architecture.vocabSize)),
      );
      const compress = (name: string, own: Engine): Promise<CompressedModel> =>
        compressModel({
          architecture,
          weights,
          parameters: 1,
          recipe: parseRecipe('gptq-w4-actorder'),
          folder: join(folder, kind, name),
          calibration: { engine: own, sequences, workspaceBytes: 1 << 24 },
          log: () => {},
        });
      const found = await compress('device', engine());
      const expected = await compress('host', throughHost(engine()));
      let [same, all] = [0, 0];
      for (const { name } of architecture.blocks.flatMap(linearsOf)) {
        const [a, b] = [await found.packed(name), await expected.packed(name)].map(intGrouped.unpack);
        same += a!.codes.filter((code, i) => code === b!.codes[i]).length;
        all += a!.codes.length;
      }
      // Packed linears become weights on the device; the same values come from the host.
      const onHost = { ...found, packedLinear: async () => null };
      const options = { workspaceBytes: 1 << 24 };
      const [direct, through] = await Promise.all(
        [found, onHost].map((own) => engine().load(architecture, own, options)),
      );
      const asked = sequences[0]!;
      expect(await direct!.logits(asked)).toEqual(await through!.logits(asked));
      // Inputs are summed in another order, and a code that differs changes what the blocks behind it read.
      expect(same / all).toBeGreaterThan(0.99);
      for (const [i, { relativeError }] of expected.linears.entries())
        expect(found.linears[i]!.relativeError / relativeError).toBeCloseTo(1, 1);
    });

    test('several recipes in one pass come out as one by one', async () => {
      const { architecture, weights } = tinyModel('one kv head');
      const rng = createRng(9);
      const sequences = Array.from({ length: 6 }, () =>
        Array.from({ length: 20 }, () => rng.int(architecture.vocabSize)),
      );
      const ids = ['gptq-w4-actorder', 'gptq-w3', 'rtn-w4', 'llm.int8-w8a8'];
      const compress = async (own: readonly string[], at: string) => {
        const options = { architecture, weights, parameters: 1, log: () => {} };
        const calibration = { engine: engine(), sequences, workspaceBytes: 1 << 24 };
        const targets = own.map((id) => ({ recipe: parseRecipe(id), folder: join(folder, at, id) }));
        const outcomes = await compressModels({ ...options, calibration }, targets);
        return outcomes.map((outcome) =>
          'model' in outcome ? outcome.model : Promise.reject(outcome.error),
        );
      };
      const together = await Promise.all(await compress(ids, 'together'));
      for (const [i, id] of ids.entries()) {
        const [alone] = await Promise.all(await compress([id], 'alone'));
        for (const { name } of architecture.blocks.flatMap(linearsOf))
          expect(await together[i]!.packed(name)).toEqual(await alone!.packed(name));
      }
    });

    test.each(Object.entries(models))(
      '%s: a block that goes on is seen as one that runs again',
      async (_, make) => {
        const { architecture, weights } = make();
        const sequences = Array.from({ length: 5 }, (_, s) =>
          Array.from({ length: 9 + s }, (_, i) => 3 * i + s),
        );
        const wanted = { hessian: true, channels: true };
        const seen = async (own: Engine, goesOn: boolean) => {
          const calibration = { engine: own, sequences, workspaceBytes: 1 << 24 };
          const pass = await startCalibration(calibration, architecture, weights);
          const values = [];
          for (const index of architecture.blocks.keys()) {
            const observed = await pass.observe(index, weights, wanted, goesOn);
            for (const [name, { hessian, channels }] of observed) {
              values.push({ name, channels, hessian: (await hessian!.toHost()).values });
              hessian!.release();
            }
          }
          await pass.close();
          return values;
        };
        for (const own of [engine(), throughHost(engine())])
          expect(await seen(own, true)).toEqual(await seen(own, false));
      },
    );

    test.each([
      ['as they are', true],
      ['not where they are rounded', false],
    ])('weights of 16 bits are compressed in device memory, %s', async (_, isExact) => {
      const { architecture, weights } = tinyModel('one kv head');
      const short = (values: Float32Array) =>
        isExact ? values.map((value) => bfloatOf(value)) : values.map((value) => value * 1.0001);
      const source = { ...weights, linear: async (linear: Linear) => short(await weights.linear(linear)) };
      const { operations, memory, device } = engine();
      const own = new CudaEngine(device, { dtype: 'bf16', deviceBytes: memory.limitBytes });
      const model = await own.load(architecture, source, { workspaceBytes: 1 << 24 });
      const pass = await model.calibrate([[1, 2, 3, 4]]);
      const observed = await pass.observe(0, source, { hessian: true, channels: false }, false);
      const [linear] = linearsOf(architecture.blocks[0]!);
      const held = await pass.linear!(linear!);
      if (isExact) expect(held!.weight).toEqual(await source.linear(linear!));
      else expect(held).toBeNull();
      for (const { hessian } of observed.values()) hessian!.release();
      await pass.close();
      operations.release();
    });

    test.each([
      ...['gptq-w4g32', 'gptq-w3g64-sym-minmax', 'gptq-w5g32-actorder-static', 'rtn-w4g32', 'rtn-w8-sym'],
      ...['wanda-s50', 'sparsegpt-2:4', 'sparsegpt-w4g64-s50', 'magnitude-w3g64-s30-sym', 'hqq-w4g32'],
      ...['nf4-w4g64', 'quarot-w4g32', 'quip-w3', 'pb-llm-w1.7g32', 'billm-w1.1g32', 'llm.int8-w8a8'],
    ])('%s: what is written while it is the last is what its packed bytes say', async (id) => {
      const { linear, hessian, channels } = sampleLayer(24, 128, 11);
      const { operations, device } = engine();
      const recipe = parseRecipe(id);
      const method = methodFor(recipe);
      const own = operations.hessian(hessian);
      const statistics = statisticsFor(method.needs, { hessian: own, channels });
      const context = { statistics, operations, rng: createRng(0) };
      const settings = method.settings.parse(method.fromRecipe(recipe));
      const { packed } = await method.quantize(linear, settings, context);
      const at = device.alloc(4 * linear.N * linear.K);
      const written = <T extends Float32Array | Uint16Array>(dtype: number, values: T): T => {
        operations.dequantize(packed, { at, dtype });
        return device.download(at, values);
      };
      const both = () => [
        written(BL.F32, new Float32Array(linear.N * linear.K)),
        written(BL.BF16, new Uint16Array(linear.N * linear.K)),
      ];
      const last = both();
      const error = await operations.relativeError(linear, packed);
      const compared = both();
      operations.release();
      expect(both()).toEqual(last);
      expect(compared).toEqual(last);
      const values = dequantize(packed);
      expect(Math.max(...values.map((value, i) => Math.abs(value - last[0]![i]!)))).toBeLessThan(1e-5);
      expect(error).toBeCloseTo(await cpuOperations.relativeError(linear, packed), 6);
      own.release();
      device.free(at);
      operations.release();
    });

    test('activations that overflow are refused', async () => {
      const config = TINY['one kv head']!;
      const architecture = describeModel(config, 'tiny');
      const tensors = new Map(
        [...randomTensors(config, 5)].map(([name, values]) => [name, values.map((x) => x * 1e15)]),
      );
      const weights = memoryWeights(tensors, config.hidden_size);
      const failed = compressModel({
        ...{ architecture, weights, parameters: 1, recipe: parseRecipe('gptq-w8'), log: () => {} },
        folder: join(folder, 'overflow'),
        calibration: { engine: engine(), sequences: [[1, 2, 3]], workspaceBytes: 1 << 24 },
      });
      await expect(failed).rejects.toMatchObject({
        code: expect.stringMatching(/not-finite|scale-too-large/),
      });
    });
  });
}

/** The nearest value whose last 16 bits are 0, towards 0. */
function bfloatOf(value: number): number {
  const wide = Float32Array.of(value);
  const bits = new Uint32Array(wide.buffer);
  bits[0] = bits[0]! & 0xffff0000;
  return wide[0]!;
}
