/** Every dense family in the ONNX engine against plain float64 loops: logits, scores and generation. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '../../../eval/engines/engine.ts';
import { createOnnxEngine } from '../../../eval/engines/onnx/engine.ts';
import { linearsOf, siblingsOf } from '../../../eval/families/linears.ts';
import { randomTokens, relativeError } from './compare.ts';
import { DESCRIBED, describedModel } from './described-models.ts';
import { slowArchitectureLogits } from './slow-architecture.ts';
import { logSoftmax } from './slow-forward.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await createOnnxEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.close());

const V = 67;
const load = (name: string, workspaceBytes = 1 << 26) => {
  const { architecture, weights } = describedModel(name);
  return engine.load(architecture, weights, { workspaceBytes });
};

describe.each(Object.keys(DESCRIBED))('%s', (name) => {
  test('logits of short and long texts', async () => {
    const { architecture, tensors } = describedModel(name);
    const model = await load(name);
    for (const length of [1, 9, 40]) {
      const tokens = randomTokens(length, V, length);
      const expected = slowArchitectureLogits(architecture, tensors, tokens).flat();
      expect(relativeError(await model.logits(tokens), expected)).toBeLessThan(2e-5);
    }
  });

  test('scores in small tiles, with a shared context and a long request beside a short one', async () => {
    const { architecture, tensors } = describedModel(name);
    const model = await load(name, 20_000);
    const context = randomTokens(12, V, 3);
    const continuations = [[5, 6], [7], randomTokens(20, V, 4)];
    const [scored] = await model.score([{ context, continuations }]);
    for (const [index, continuation] of continuations.entries()) {
      const text = [...context, ...continuation.slice(0, -1)];
      const rows = slowArchitectureLogits(architecture, tensors, text).slice(context.length - 1);
      const expected = continuation.map((token, i) => logSoftmax(rows[i]!)[token]!);
      expect(relativeError(scored![index]!.logProbabilities, expected)).toBeLessThan(5e-5);
    }
  });

  test('generates what scoring says is most probable', async () => {
    const model = await load(name);
    const prompts = [randomTokens(5, V, 5), randomTokens(9, V, 6)];
    const generated = await model.generate(
      prompts.map((prompt, i) => ({ prompt, maxNewTokens: 6 + 8 * i, stop: () => false })),
    );
    const requests = prompts.map((context, i) => ({ context, continuations: [generated[i]!] }));
    for (const [answer] of await model.score(requests)) expect(answer!.isGreedy).toBe(true);
  });

  test('shows the inputs of all linears, those that share one under the first', async () => {
    const { architecture } = describedModel(name);
    const model = await load(name, 40_000);
    const tokens = randomTokens(15, V, 7);
    const all = Int32Array.from(tokens);
    const zeros = new Int32Array(15);
    const chunk = {
      tokens: all,
      positions: Int32Array.from(tokens.keys()),
      segments: zeros,
      parents: zeros,
      lengths: zeros.map(() => 15),
    };
    const seen = new Map<string, number>();
    const sizes = new Map(
      linearsOf(architecture.blocks[0]!).map((linear) => [linear.name, linear.inFeatures]),
    );
    await model.runBlock(0, chunk, await model.embed(chunk), (linear, inputs, M, K) => {
      expect([inputs.length, K]).toEqual([M * K, sizes.get(linear)]);
      seen.set(linear, (seen.get(linear) ?? 0) + M);
    });
    const firsts = siblingsOf(architecture.blocks[0]!).map(([first]) => first!.name);
    expect([...seen].sort()).toEqual(firsts.map((first) => [first, 15]).sort());
  });
});
