/** Logits of the ONNX engine against the slow second implementation, over odd shapes. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '../../../eval/engines/engine.ts';
import { createOnnxEngine } from '../../../eval/engines/onnx/engine.ts';
import { randomTokens, relativeError } from './compare.ts';
import { slowLogits } from './slow-forward.ts';
import { TINY, tinyModel } from './tiny-models.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await createOnnxEngine({ provider: 'cpu' });
});
afterAll(() => engine.close());

describe('logits equal those of plain float64 loops', () => {
  for (const name of Object.keys(TINY)) {
    test.for([1, 2, 50])(`${name}, %i tokens`, async (length) => {
      const { config, tensors, architecture, weights } = tinyModel(name);
      const model = await engine.load(architecture, weights, { workspaceBytes: 1 << 26 });
      const tokens = randomTokens(length, config.vocab_size, length);
      const expected = slowLogits(config, tensors, tokens).flat();
      const error = relativeError(await model.logits(tokens), expected);
      expect(error).toBeLessThan(1e-5);
    });
  }

  test('many tiles of queries and of the vocabulary', async () => {
    const { config, tensors, architecture, weights } = tinyModel('sliding window of 7');
    // So little workspace that every tile has one query and the head is read a few rows at a time.
    const model = await engine.load(architecture, weights, { workspaceBytes: 4000 });
    const tokens = randomTokens(40, config.vocab_size, 3);
    const expected = slowLogits(config, tensors, tokens).flat();
    expect(relativeError(await model.logits(tokens), expected)).toBeLessThan(1e-5);
  });
});
