import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectedTensors, parameterCount } from '../../../eval/checkpoint/expected-tensors.ts';
import { CudaEngine } from '../../../eval/engines/cuda/engine.ts';
import { createOnnxEngine } from '../../../eval/engines/onnx/engine.ts';
import { compressing } from '../../../scripts/bench/benches/gptq-files.ts';
import { compressedBlocks } from '../../../scripts/bench/compressed-blocks.ts';
import type { BlockPart } from '../../../scripts/bench/part-times.ts';
import { randomWeights } from '../../../scripts/bench/random-weights.ts';
import { textsOf } from '../../../scripts/bench/requests.ts';
import { LLAMA_8B, linearParameters, shapeOf } from '../../../scripts/bench/shapes.ts';
import { hostDevice } from '../../eval/engines/host-device.ts';

const small = shapeOf({
  ...LLAMA_8B,
  vocab_size: 512,
  hidden_size: 128,
  intermediate_size: 256,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
});

it('the GPTQ benchmark compresses every block of random weights', async () => {
  const engine = await createOnnxEngine();
  const model = await compressing(engine, small, { samples: 4, length: 64 }, () => {})();
  const { bitsPerWeight, sizeBytes } = model.size;
  expect(bitsPerWeight).toBeGreaterThan(4);
  expect(bitsPerWeight).toBeLessThan(4.5);
  expect(sizeBytes).toBeLessThan(2 * parameterCount(small));
  await engine.close();
});

describe('blocks of random weights on a device', () => {
  let engine: CudaEngine;
  beforeAll(async () => {
    // No clock of a device is there.
    const device = Object.assign(await hostDevice(), { elapsed: () => 1 });
    engine = new CudaEngine(device, { dtype: 'bf16' });
  }, 120_000);
  afterAll(() => engine.close());
  const sequences = textsOf(512, 3, 32);

  it.each([
    ['gptq-w4g32', ['factor', 'sums']],
    ['awq-w4g32', ['search', 'sums']],
    ['wanda-s50', ['sums']],
  ])('%s is measured by its parts', async (id, parts) => {
    const work = { recipes: [id], isParallel: false };
    const { blocks, notes, packedBytes } = await compressedBlocks(engine, small, sequences, work);
    expect(notes).toEqual([]);
    expect(blocks.length).toBe(2);
    const bits = (8 * packedBytes) / linearParameters(small);
    expect(bits).toBeGreaterThan(4);
    expect(bits).toBeLessThan(id === 'wanda-s50' ? 9.2 : 5);
    for (const times of blocks)
      for (const part of [...parts, 'forward', 'compress', 'download', 'replace'] as const)
        expect(times[part as BlockPart]).toBeGreaterThan(0);
  });

  it('recipes that share a pass are told apart, and put nothing back', async () => {
    const work = { recipes: ['rtn-w4g32', 'smoothquant-w8g32', 'quarot-w3g32'], isParallel: true };
    const { blocks, byRecipe, notes } = await compressedBlocks(engine, small, sequences, work);
    expect(notes).toEqual([]);
    expect(byRecipe.every((ms) => ms > 0)).toBe(true);
    expect(blocks.every(({ replace, search }) => replace === 0 && search > 0)).toBe(true);
  });
});

describe('random weights', () => {
  const weights = randomWeights(expectedTensors(small));

  it('have the shapes asked for, norms of one, and the same rows whichever way they are read', async () => {
    const { q } = small.blocks[0].mixer as { q: Parameters<typeof weights.linear>[0] };
    expect((await weights.linear(q)).length).toBe(128 * 128);
    expect(await weights.tensor('model.norm.weight')).toEqual(new Float32Array(128).fill(1));
    const name = small.embedding.tensor;
    const rows = await weights.rows(name, Int32Array.of(7, 8));
    expect(rows).toEqual(await weights.slice(name, 7, 9));
  });

  it('differ from tensor to tensor', async () => {
    const [first, second] = await Promise.all(
      small.blocks.map((block) =>
        weights.linear((block.mixer as { q: Parameters<typeof weights.linear>[0] }).q),
      ),
    );
    expect(first.subarray(0, 100)).not.toEqual(second.subarray(0, 100));
    const mean = first.reduce((sum, value) => sum + value * value, 0) / first.length;
    expect(Math.sqrt(mean)).toBeCloseTo(0.02, 3);
  });
});
