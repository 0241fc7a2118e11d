/** The CUDA engine over the host references: the logits of transformers, and what scoring makes of them, without a GPU. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CudaEngine } from '../../../eval/engines/cuda/engine.ts';
import { describeCudaEngine } from './cuda-contract.ts';
import { hostDevice } from './host-device.ts';
import { oracleCases, oracleErrors } from './oracle-cases.ts';

const TOLERANCE = 1e-4;

let engine: CudaEngine;
beforeAll(async () => {
  engine = new CudaEngine(await hostDevice(), { dtype: 'f32' });
}, 120_000);
afterAll(() => engine.close());

describe('the logits of transformers', () => {
  test.for(oracleCases)('%s', async (name, { annotate }) => {
    const errors = await oracleErrors(engine, name);
    expect(errors.length).toBeGreaterThan(0);
    await annotate(`largest relative error ${Math.max(...errors).toExponential(1)}`);
    for (const error of errors) expect(error).toBeLessThan(TOLERANCE);
  });
});

describe('over host references', () => {
  describeCudaEngine(
    async (residentBlocks) =>
      new CudaEngine(await hostDevice(), {
        dtype: 'f32',
        ...(residentBlocks === undefined ? {} : { residentBlocks }),
      }),
    1e-4,
  );
});
