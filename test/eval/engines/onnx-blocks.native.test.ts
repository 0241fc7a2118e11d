/** What methods use of the ONNX engine: single blocks, the inputs of their linears, Gram matrices, other weights. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Chunk, Engine, LoadedModel } from '../../../eval/engines/engine.ts';
import { createOnnxEngine } from '../../../eval/engines/onnx/engine.ts';
import { packSequences } from '../../../eval/engines/pack.ts';
import { linearsOf } from '../../../eval/families/linears.ts';
import { attentionOf, gatedOf } from '../families/parts-of.ts';
import { randomTokens, relativeError } from './compare.ts';
import { memoryWeights, noise, tinyModel } from './tiny-models.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await createOnnxEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.close());

const tiny = tinyModel('one kv head');
const { architecture, tensors } = tiny;
const load = (workspaceBytes = 1 << 26) => engine.load(architecture, tiny.weights, { workspaceBytes });
const tokens = randomTokens(30, 97, 8);
const chunk = packSequences([tokens.slice(0, 19), tokens.slice(19)]);

/** x·Wᵀ in float64. */
function times(x: Float32Array, K: number, weight: Float32Array): number[] {
  const out: number[] = [];
  for (let row = 0; row < x.length; row += K) {
    for (let n = 0; n < weight.length; n += K) {
      let sum = 0;
      for (let k = 0; k < K; k++) sum += x[row + k]! * weight[n + k]!;
      out.push(sum);
    }
  }
  return out;
}

/** Runs a block and gathers what is observed, tile after tile, by linear. */
async function observed(model: LoadedModel, index: number, hidden: Float32Array, of: Chunk = chunk) {
  const inputs = new Map<string, { values: number[]; K: number }>();
  const result = await model.runBlock(index, of, hidden, (name, values, M, K) => {
    expect(values.length).toBe(M * K);
    const entry = inputs.get(name) ?? { values: [], K };
    entry.values.push(...values);
    inputs.set(name, entry);
  });
  return { inputs, result };
}

describe('runBlock', () => {
  test('block by block gives what the whole model computes', async () => {
    const model = await load();
    const alone = packSequences([tokens]);
    let hidden = await model.embed(alone);
    expect([...hidden.subarray(0, 64)]).toEqual([
      ...tensors.get('model.embed_tokens.weight')!.subarray(tokens[0]! * 64, tokens[0]! * 64 + 64),
    ]);
    for (const index of architecture.blocks.keys()) hidden = await model.runBlock(index, alone, hidden);
    const norm = tensors.get('model.norm.weight')!;
    const normed = hidden.map((value, i) => {
      const row = hidden.subarray(i - (i % 64), i - (i % 64) + 64);
      return (value * norm[i % 64]!) / Math.sqrt(row.reduce((sum, one) => sum + one * one, 0) / 64 + 1e-5);
    });
    expect(
      relativeError(await model.logits(tokens), times(normed, 64, tensors.get('lm_head.weight')!)),
    ).toBeLessThan(1e-5);
  });

  test('leaves its input as it was, and sequences in one chunk do not see each other', async () => {
    const model = await load();
    const hidden = await model.embed(chunk);
    const before = hidden.slice();
    const together = await model.runBlock(0, chunk, hidden);
    expect(hidden).toEqual(before);
    const second = packSequences([tokens.slice(19)]);
    const alone = await model.runBlock(0, second, hidden.slice(19 * 64));
    expect(relativeError(together.subarray(19 * 64), alone)).toBeLessThan(1e-6);
  });

  test.for([
    ['one tile', 1 << 26],
    ['many tiles', 20_000],
  ] as const)(
    'shows the inputs of its linears, once for those that share them: %s',
    async ([, workspace]) => {
      const model = await load(workspace);
      const hidden = await model.embed(chunk);
      const { inputs, result } = await observed(model, 1, hidden);
      const block = architecture.blocks[1]!;
      const [mixer, feedForward] = [attentionOf(block), gatedOf(block)];
      expect([...inputs.keys()]).toEqual([
        mixer.q.name,
        mixer.o.name,
        feedForward.gate.name,
        feedForward.down.name,
      ]);
      expect([...inputs.values()].map(({ K, values }) => [K, values.length / K])).toEqual([
        [64, 30],
        [64, 30],
        [64, 30],
        [80, 30],
      ]);
      // The feed-forward follows from what was seen: down(silu(gate x) · up x) plus the residual o(…) + hidden.
      const of = (name: string) => Float32Array.from(inputs.get(name)!.values);
      const weight = (linear: { tensor: string }) => tensors.get(linear.tensor)!;
      const x = of(feedForward.gate.name);
      const up = times(x, 64, weight(feedForward.up));
      const inner = times(x, 64, weight(feedForward.gate)).map(
        (gate, i) => (gate / (1 + Math.exp(-gate))) * up[i]!,
      );
      expect(relativeError(of(feedForward.down.name), inner)).toBeLessThan(1e-5);
      const attended = times(of(mixer.o.name), 64, weight(mixer.o)).map((value, i) => value + hidden[i]!);
      const fed = times(of(feedForward.down.name), 80, weight(feedForward.down));
      expect(
        relativeError(
          result,
          fed.map((value, i) => value + attended[i]!),
        ),
      ).toBeLessThan(1e-5);
      expect(result).toEqual(await model.runBlock(1, chunk, hidden));
    },
  );

  test('reads the weights that were set last', async () => {
    const model = await load();
    const before = await model.logits(tokens);
    const name = linearsOf(architecture.blocks[1]!)[6]!.tensor;
    const changed = new Map(tensors).set(
      name,
      tensors.get(name)!.map((value) => 2 * value),
    );
    model.useWeights(memoryWeights(changed, 64));
    expect(relativeError(await model.logits(tokens), before)).toBeGreaterThan(1e-3);
    model.useWeights(tiny.weights);
    expect(await model.logits(tokens)).toEqual(before);
  });

  test('refuses a chunk whose arrays disagree', async () => {
    const model = await load();
    const short = { ...chunk, parents: chunk.parents.slice(1) };
    await expect(model.runBlock(0, short, new Float32Array(30 * 64))).rejects.toMatchObject({
      code: 'engine/chunk',
    });
    expect(() => model.embed(packSequences([]))).toThrow(expect.objectContaining({ code: 'engine/chunk' }));
    await expect(model.runBlock(0, chunk, new Float32Array(7))).rejects.toMatchObject({
      code: 'engine/chunk',
    });
  });
});

test('gram is xᵀ·x', async () => {
  const [M, K] = [37, 21];
  const next = noise(2);
  const x = Float32Array.from({ length: M * K }, next);
  const columns = Array.from({ length: K }, (_, k) =>
    Float32Array.from({ length: M }, (_, m) => x[m * K + k]!),
  );
  const expected = columns.flatMap((a) =>
    columns.map((b) => a.reduce((sum, value, m) => sum + value * b[m]!, 0)),
  );
  const gram = await engine.gram(x, M, K);
  expect(relativeError(gram, expected)).toBeLessThan(1e-6);
});

describe('errors', () => {
  test('weights that overflow are named, not scored', async () => {
    const huge = new Map(tensors).set('model.norm.weight', new Float32Array(64).fill(3e38));
    const model = await engine.load(architecture, memoryWeights(huge, 64), { workspaceBytes: 1 << 26 });
    await expect(model.score([{ context: [1], continuations: [[2]] }])).rejects.toMatchObject({
      code: 'engine/not-finite',
    });
    await expect(model.generate([{ prompt: [1], maxNewTokens: 1, stop: () => false }])).rejects.toMatchObject(
      { code: 'engine/not-finite' },
    );
  });

  test('weights of the wrong size are an error of the run, with the shapes', async () => {
    const short = new Map(tensors).set('model.layers.0.mlp.up_proj.weight', new Float32Array(64));
    const model = await engine.load(architecture, memoryWeights(short, 64), { workspaceBytes: 1 << 26 });
    await expect(model.logits([1, 2])).rejects.toMatchObject({
      code: 'engine/run',
      message: expect.stringContaining('up [80, 64]'),
    });
  });

  test.for([
    [{ prompt: [], maxNewTokens: 1 }, 'engine/request'],
    [{ prompt: [97], maxNewTokens: 1 }, 'engine/request'],
    [{ prompt: [1], maxNewTokens: -1 }, 'engine/request'],
    [{ prompt: [1], maxNewTokens: 257 }, 'engine/too-long'],
  ] as const)('a request to generate %o', async ([request, code]) => {
    const model = await load();
    await expect(model.generate([{ ...request, stop: () => false }])).rejects.toMatchObject({ code });
  });

  test('a cache that does not fit the workspace', async () => {
    const model = await load(50_000);
    await expect(
      model.generate([{ prompt: [1], maxNewTokens: 200, stop: () => false }]),
    ).rejects.toMatchObject({ code: 'engine/workspace' });
  });

  test('nothing to do is no error', async () => {
    const model = await load();
    expect(await model.score([])).toEqual([]);
    expect(await model.generate([])).toEqual([]);
    expect(await model.generate([{ prompt: [1], maxNewTokens: 0, stop: () => false }])).toEqual([[]]);
    await expect(model.logits([])).rejects.toMatchObject({ code: 'engine/request' });
  });

  test('a provider that this build does not have', async () => {
    await expect(createOnnxEngine({ provider: 'abacus' as 'cpu' })).rejects.toMatchObject({
      code: 'engine/provider',
    });
  });
});
