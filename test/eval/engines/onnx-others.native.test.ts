/** Experts, latent attention and selective scan of the ONNX engine against slow second implementations. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseRecipe } from '../../../data/recipe.ts';
import { parameterCount } from '../../../eval/checkpoint/expected-tensors.ts';
import { compressModel } from '../../../eval/compress.ts';
import type { Engine, LoadedModel } from '../../../eval/engines/engine.ts';
import { PLAIN_GRID, roundGroups } from '../../../eval/engines/forward-quantizer.ts';
import { createOnnxEngine } from '../../../eval/engines/onnx/engine.ts';
import { packSequences } from '../../../eval/engines/pack.ts';
import type { ExpertsFeedForward, Linear } from '../../../eval/families/architecture.ts';
import { siblingsOf } from '../../../eval/families/linears.ts';
import { randomTokens, relativeError } from './compare.ts';
import { slowExpertLogits } from './slow-experts.ts';
import { logSoftmax, times } from './slow-forward.ts';
import { OTHERS, otherModel } from './tiny-others.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await createOnnxEngine({ provider: 'cpu' });
});
afterAll(() => engine.close());

describe.each(Object.keys(OTHERS))('%s', (name) => {
  const other = otherModel(name);
  let model: LoadedModel;
  const load = (workspaceBytes: number) => engine.load(other.architecture, other.weights, { workspaceBytes });
  beforeAll(async () => {
    model = await load(1 << 26);
  });

  test.for([1, 2, 50])('logits of %i tokens', async (length) => {
    const tokens = randomTokens(length, 97, length);
    const error = relativeError(await model.logits(tokens), other.slowLogits(tokens).flat());
    expect(error).toBeLessThan(1e-5);
  });

  test('scores with shared contexts equal those of each text alone', async () => {
    const requests = Array.from({ length: 6 }, (_, i) => ({
      context: randomTokens(1 + 5 * i, 97, i),
      continuations: Array.from({ length: 1 + (i % 4) }, (_, c) =>
        randomTokens(1 + ((i + 3 * c) % 6), 97, 50 * i + c),
      ),
    }));
    const scored = await model.score(requests);
    const cramped = await (await load(60_000)).score(requests);
    for (const [r, { context, continuations }] of requests.entries()) {
      for (const [c, continuation] of continuations.entries()) {
        const logits = other.slowLogits([...context, ...continuation.slice(0, -1)]);
        const expected = continuation.map((token, t) => logSoftmax(logits[context.length - 1 + t]!)[token]!);
        expect(relativeError(scored[r]![c]!.logProbabilities, expected)).toBeLessThan(1e-4);
        expect(relativeError(cramped[r]![c]!.logProbabilities, expected)).toBeLessThan(1e-4);
      }
    }
  });

  test('generation goes on as running the text again does', async () => {
    const prompts = [1, 6, 3, 17].map((length, i) => randomTokens(length, 97, 900 + i));
    const limits = [9, 4, 12, 6];
    const generated = await model.generate(
      prompts.map((prompt, i) => ({ prompt, maxNewTokens: limits[i]!, stop: (made) => made.at(-1) === 5 })),
    );
    for (const [i, prompt] of prompts.entries()) {
      const expected: number[] = [];
      while (expected.length < limits[i]! && expected.at(-1) !== 5) {
        const last = other.slowLogits([...prompt, ...expected]).at(-1)!;
        expected.push(last.indexOf(Math.max(...last)));
      }
      expect(generated[i]).toEqual(expected);
    }
  });
});

test.for([false, true])(
  'of latent attention the latent and the shared key are rounded, as they are cached; before rotation: %s',
  async (preRope) => {
    const { architecture, weights, tensors, config } = otherModel('deepseek-v2, full queries');
    const kv = { ...PLAIN_GRID, bits: 4, group: -1, preRope };
    const precision = { activations: null, kv };
    const model = await engine.load(architecture, weights, { workspaceBytes: 1 << 26, precision });
    const tokens = randomTokens(20, 97, 4);
    const cached = (row: number[]) => [...roundGroups(Float32Array.from(row), row.length, kv).rounded];
    const expected = slowExpertLogits(config, tensors, tokens, cached, preRope).flat();
    const plain = slowExpertLogits(config, tensors, tokens).flat();
    const found = await model.logits(tokens);
    expect(relativeError(found, expected)).toBeLessThan(1e-5);
    expect(relativeError(found, plain)).toBeGreaterThan(1e-3);
  },
);

test.for(['qwen2-moe, biases and a shared expert', 'mamba, tied'])(
  'activations are rounded before every compressed linear: %s',
  async (name) => {
    const { architecture, weights, slowLogits } = otherModel(name);
    const error = async (bits: number) => {
      const precision = { activations: { ...PLAIN_GRID, bits }, kv: null };
      const model = await engine.load(architecture, weights, { workspaceBytes: 1 << 26, precision });
      const tokens = randomTokens(20, 97, 4);
      return relativeError(await model.logits(tokens), slowLogits(tokens).flat());
    };
    const [rough, fine] = [await error(4), await error(8)];
    expect(fine).toBeGreaterThan(1e-4);
    expect(fine).toBeLessThan(rough / 4);
  },
);

/** What an observer of block `index` sees of a text, by linear. */
async function observed(name: string, index: number, length: number) {
  const { architecture, weights } = otherModel(name);
  const model = await engine.load(architecture, weights, { workspaceBytes: 1 << 26 });
  const chunk = packSequences([randomTokens(length, 97, 8)]);
  const hidden = await model.embed(chunk);
  const seen = new Map<string, { values: number[]; K: number }>();
  await model.runBlock(index, chunk, hidden, (linear, values, M, K) => {
    expect(values.length).toBe(M * K);
    const entry = seen.get(linear) ?? { values: [], K };
    entry.values.push(...values);
    seen.set(linear, entry);
  });
  return { seen, block: architecture.blocks[index]! };
}

describe('an observer', () => {
  test.for(Object.keys(OTHERS))('sees the input of every linear of the last block: %s', async (name) => {
    const last = otherModel(name).architecture.blocks.length - 1;
    const { seen, block } = await observed(name, last, 23);
    expect(new Set(seen.keys())).toEqual(new Set(siblingsOf(block).map(([first]) => first!.name)));
    for (const [first] of siblingsOf(block)) expect(seen.get(first!.name)!.K).toBe(first!.inFeatures);
  });

  test('sees for each expert the tokens that the router gives it, and for some none', async () => {
    const name = 'qwen2-moe, biases and a shared expert';
    const { seen, block } = await observed(name, 1, 3);
    const { tensors } = otherModel(name);
    const layer = block.feedForward as ExpertsFeedForward;
    const rows = (linear: Linear) => {
      const { values, K } = seen.get(linear.name)!;
      return Array.from({ length: values.length / K }, (_, i) => values.slice(i * K, (i + 1) * K));
    };
    const all = rows(layer.shared!.feedForward.gate);
    expect(all.length).toBe(3);
    const chosen = all.map((row) => {
      const logits = times(tensors.get(layer.router.tensor)!, row);
      return [...logits.keys()].sort((a, b) => logits[b]! - logits[a]!).slice(0, 2);
    });
    for (const [number, expert] of layer.experts.entries()) {
      const own = all.filter((_, token) => chosen[token]!.includes(number));
      expect(rows(expert.gate)).toEqual(own);
      expect(rows(expert.down).length).toBe(own.length);
    }
    expect(layer.experts.filter((expert) => rows(expert.gate).length === 0).length).toBeGreaterThan(0);
  });
});

test('an expert without calibration tokens is compressed by rounding, and noted', async () => {
  const { architecture, weights } = otherModel('qwen2-moe, biases and a shared expert');
  const compressed = await compressModel({
    architecture,
    weights,
    parameters: parameterCount(architecture),
    recipe: parseRecipe('gptq-w4'),
    folder: await mkdtemp(join(tmpdir(), 'experts-')),
    calibration: { engine, sequences: [[1, 2, 3]], workspaceBytes: 1 << 26 },
    log: () => {},
  });
  const unseen = compressed.notes.filter((note) => note.includes('or none came'));
  expect(unseen.length).toBeGreaterThan(0);
  expect(unseen.every((note) => /mlp\.experts\.\d\.(gate|up|down)_proj/.test(note))).toBe(true);
  expect(compressed.linears.every(({ relativeError: error }) => error < 0.1)).toBe(true);
});
