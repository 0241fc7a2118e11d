import { describe, expect, it } from 'vitest';
import { expectedTensors, parameterCount } from '../../../eval/checkpoint/expected-tensors.ts';
import { createOnnxEngine } from '../../../eval/engines/onnx/engine.ts';
import { compressing } from '../../../scripts/bench/benches/gptq-files.ts';
import { randomWeights } from '../../../scripts/bench/random-weights.ts';
import { LLAMA_8B, shapeOf } from '../../../scripts/bench/shapes.ts';

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
