/** What generation of the CUDA engine promises, for any device: the texts of the onnx engine, however they are asked for. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseRecipe } from '../../../data/recipe.ts';
import type { CudaEngine } from '../../../eval/engines/cuda/engine.ts';
import type { GenerateOptions } from '../../../eval/engines/cuda/generate.ts';
import type { Engine, GenerateRequest, LoadedModel } from '../../../eval/engines/engine.ts';
import { precisionOf } from '../../../eval/engines/forward-quantizer.ts';
import { createOnnxEngine } from '../../../eval/engines/onnx/engine.ts';
import type { Architecture } from '../../../eval/families/architecture.ts';
import type { WeightSource } from '../../../eval/weights.ts';
import { randomTokens } from './compare.ts';
import { DESCRIBED, describedModel } from './described-models.ts';
import { TINY, tinyModel } from './tiny-models.ts';
import { OTHERS, otherModel } from './tiny-others.ts';

interface Model {
  readonly architecture: Architecture;
  readonly weights: WeightSource;
}

const models: Readonly<Record<string, () => Model>> = Object.fromEntries([
  ...Object.keys(TINY).map((name) => [name, () => tinyModel(name)] as const),
  ...Object.keys(DESCRIBED).map((name) => [name, () => describedModel(name)] as const),
  ...Object.keys(OTHERS).map((name) => [name, () => otherModel(name)] as const),
]);
const WORKSPACE = { workspaceBytes: 1 << 26 };
/** Logits this close may stand in another order where sums are in another order. */
const NEAR = 1e-3;

/** Prompts and lengths of all kinds; every third stops at a token that comes up now and then. */
function requestsFor({ vocabSize: V, maxPositions }: Architecture, count: number): GenerateRequest[] {
  return Array.from({ length: count }, (_, i) => {
    const maxNewTokens = 1 + ((7 * i) % 12);
    const prompt = randomTokens(Math.min(1 + ((11 * i) % 30), maxPositions - maxNewTokens), V, 40 + i);
    return { prompt, maxNewTokens, stop: (made) => i % 3 === 0 && made.at(-1)! % 5 === 0 };
  });
}

/** Each text is the other's, or parts from it where two tokens are as good as equal. */
async function expectSameTexts(
  found: readonly (readonly number[])[],
  expected: readonly (readonly number[])[],
  requests: readonly GenerateRequest[],
  oracle: LoadedModel,
): Promise<void> {
  for (const [i, text] of found.entries()) {
    const at = text.findIndex((token, place) => token !== expected[i]![place]);
    if (at === -1) {
      expect(text).toEqual(expected[i]);
      continue;
    }
    const logits = await oracle.logits([...requests[i]!.prompt, ...text.slice(0, at)]);
    const last = logits.subarray(-oracle.architecture.vocabSize);
    expect(Math.abs(last[text[at]!]! - last[expected[i]![at]!]!), `request ${i}, token ${at}`).toBeLessThan(
      NEAR,
    );
  }
}

/** @param open an engine that computes in float32 */
export function describeGeneration(open: (generation: GenerateOptions) => Promise<CudaEngine>): void {
  let engine: CudaEngine;
  let few: CudaEngine;
  let some: CudaEngine;
  let onnx: Engine;
  beforeAll(async () => {
    engine = await open({});
    few = await open({ slots: 2, steps: 1, graphs: false });
    some = await open({ slots: 64, steps: 3 });
    onnx = await createOnnxEngine({ threads: 1 });
  }, 300_000);
  afterAll(async () => {
    await engine?.close();
    await few?.close();
    await some?.close();
    await onnx?.close();
  });

  describe.each(Object.keys(models))('%s', (name) => {
    const { architecture, weights } = models[name]!();
    const requests = requestsFor(architecture, 9);

    test('writes the texts of the onnx engine, the same alone, in pairs and together', async () => {
      const model = await engine.load(architecture, weights, WORKSPACE);
      const oracle = await onnx.load(architecture, weights, WORKSPACE);
      const together = await model.generate(requests);
      await expectSameTexts(together, await oracle.generate(requests), requests, oracle);
      expect(await model.generate([requests[4]!])).toEqual([together[4]]);
      const paired = await few.load(architecture, weights, WORKSPACE);
      expect(await paired.generate(requests)).toEqual(together);
    });

    test('draws the same texts with the same seeds, beside others or not', async () => {
      const model = await engine.load(architecture, weights, WORKSPACE);
      const oracle = await onnx.load(architecture, weights, WORKSPACE);
      const drawn = requests.slice(0, 5).map((request, i) => ({
        ...request,
        sampling: { temperature: i % 2 === 0 ? 0.8 : 1.3, topK: i === 2 ? 5 : 0, topP: 0.95, seed: i },
      }));
      const texts = await model.generate(drawn);
      expect(await model.generate([drawn[3]!])).toEqual([texts[3]]);
      // One step at a time, so that no number is drawn ahead.
      const stepwise = await few.load(architecture, weights, WORKSPACE);
      expect(await stepwise.generate(drawn)).toEqual(texts);
      // Another order of sums moves the borders between tokens by next to nothing.
      const expected = await oracle.generate(drawn);
      const same = texts.filter((text, i) => JSON.stringify(text) === JSON.stringify(expected[i]));
      expect(same.length).toBeGreaterThanOrEqual(texts.length - 1);
    });
  });

  test.for([
    ['llama-3 scaling', 'rtn-w16a8kv4'],
    ['llama-3 scaling', 'rtn-w16a8kv4-sym-prerope'],
    ['deepseek-v2, full queries', 'rtn-w16kv4-prerope'],
    ['mixture', 'rtn-w16a8kv4'],
  ] as const)('%s rounds activations and keys and values by %s', async ([name, id]) => {
    const key = Object.keys(models).find((known) => known === name || known.includes(name));
    const { architecture, weights } = models[key ?? Object.keys(models)[0]!]!();
    const precision = precisionOf(parseRecipe(id));
    const model = await engine.load(architecture, weights, { ...WORKSPACE, precision });
    const oracle = await onnx.load(architecture, weights, { ...WORKSPACE, precision });
    const requests = requestsFor(architecture, 5);
    const found = await model.generate(requests);
    const expected = await oracle.generate(requests);
    // A value on the border of two codes may take either, and then a text goes its own way.
    const same = found.filter((text, i) => JSON.stringify(text) === JSON.stringify(expected[i]));
    expect(same.length).toBeGreaterThanOrEqual(4);
    expect(await model.generate([requests[2]!])).toEqual([found[2]]);
  });

  test.for(['gemma 2', 'mamba, tied', 'qwen2-moe, biases and a shared expert', 'deepseek-v2, full queries'])(
    '%s writes 150 texts in 256 slots, and the same in 64 and in other steps',
    async (part) => {
      const name = Object.keys(models).find((known) => known.includes(part))!;
      const { architecture, weights } = models[name]!();
      const requests = requestsFor(architecture, 150);
      const model = await engine.load(architecture, weights, WORKSPACE);
      const texts = await model.generate(requests);
      const fewer = await some.load(architecture, weights, WORKSPACE);
      expect(await fewer.generate(requests)).toEqual(texts);
      const oracle = await onnx.load(architecture, weights, WORKSPACE);
      await expectSameTexts(texts, await oracle.generate(requests), requests, oracle);
    },
  );

  test('70 texts share 64 slots', async () => {
    const { architecture, weights } = models[Object.keys(models)[0]!]!();
    const model = await some.load(architecture, weights, WORKSPACE);
    const requests = requestsFor(architecture, 70);
    const progress: number[] = [];
    const texts = await model.generate(requests, (done, total) => progress.push(done / total));
    const paired = await few.load(architecture, weights, WORKSPACE);
    expect(await paired.generate(requests.slice(0, 6))).toEqual(texts.slice(0, 6));
    expect(texts.every(({ length }, i) => length >= 1 && length <= requests[i]!.maxNewTokens)).toBe(true);
    expect(progress.at(-1)).toBe(1);
    expect(progress.toSorted((a, b) => a - b)).toEqual(progress);
  });

  test('requests are checked', async () => {
    const { architecture, weights } = models[Object.keys(models)[0]!]!();
    const model = await engine.load(architecture, weights, WORKSPACE);
    const ask = (changes: Partial<GenerateRequest>) =>
      model.generate([{ prompt: [1], maxNewTokens: 3, stop: () => false, ...changes }]);
    await expect(ask({ prompt: [] })).rejects.toMatchObject({ code: 'engine/request' });
    await expect(ask({ maxNewTokens: 1.5 })).rejects.toMatchObject({ code: 'engine/request' });
    await expect(ask({ maxNewTokens: architecture.maxPositions + 2 })).rejects.toMatchObject({
      code: 'engine/too-long',
    });
    expect(await ask({ maxNewTokens: 0 })).toEqual([[]]);
    expect(await model.generate([])).toEqual([]);
  });
}
