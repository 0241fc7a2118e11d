/** The CUDA engine on a GPU: the logits of transformers in float32, and what it promises of scores. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CudaEngine, createCudaEngine } from '../../../eval/engines/cuda/engine.ts';
import { whyNoGpu } from '../../kernels/gpu.ts';
import { describeCudaEngine } from './cuda-contract.ts';
import { oracleCases, oracleErrors } from './oracle-cases.ts';

const TOLERANCE = 1e-4;
const why = whyNoGpu();

describe.skipIf(why !== undefined)(why === undefined ? 'cuda' : `cuda (skipped: ${why})`, () => {
  describe('the logits of transformers', () => {
    let engine: CudaEngine;
    beforeAll(async () => {
      engine = await createCudaEngine({ dtype: 'f32' });
    });
    afterAll(() => engine.close());
    test.for(oracleCases)('%s', async (name, { annotate }) => {
      const errors = await oracleErrors(engine, name);
      await annotate(`largest relative error ${Math.max(...errors).toExponential(1)}`);
      for (const error of errors) expect(error).toBeLessThan(TOLERANCE);
    });
  });

  describeCudaEngine(
    (residentBlocks) =>
      createCudaEngine({ dtype: 'f32', ...(residentBlocks === undefined ? {} : { residentBlocks }) }),
    TOLERANCE,
  );
});
