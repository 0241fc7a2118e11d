/** The CPU engine gives the logits of Hugging Face transformers on the same weights. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '../../../eval/engines/engine.ts';
import { createOnnxEngine } from '../../../eval/engines/onnx/engine.ts';
import { families } from '../../../eval/families/index.ts';
import { oracleCases, oracleErrors, oracleFamilies } from './oracle-cases.ts';

const TOLERANCE = 1e-4;

let engine: Engine;
beforeAll(async () => {
  engine = await createOnnxEngine({ provider: 'cpu' });
});
afterAll(() => engine.close());

describe('the logits of transformers', () => {
  test('cover the shipped model and at least three random configurations of each family', async () => {
    expect(oracleCases).toContain('shipped');
    const covered = await oracleFamilies();
    for (const id of Object.keys(families))
      expect(covered.filter((family) => family === id).length, id).toBeGreaterThanOrEqual(3);
  });

  test.for(oracleCases)('%s', async (name, { annotate }) => {
    const errors = await oracleErrors(engine, name);
    expect(errors.length).toBeGreaterThan(0);
    await annotate(`largest relative error ${Math.max(...errors).toExponential(1)}`);
    for (const error of errors) expect(error).toBeLessThan(TOLERANCE);
  });
});
