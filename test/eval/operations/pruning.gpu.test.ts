/** Pruning on a GPU. */
import { afterAll, beforeAll, describe } from 'vitest';
import { type CudaEngine, createCudaEngine } from '../../../eval/engines/cuda/engine.ts';
import { whyNoGpu } from '../../kernels/gpu.ts';
import { describeDevicePruning } from './pruning-contract.ts';

const why = whyNoGpu();

describe.skipIf(why !== undefined)(why === undefined ? 'cuda' : `cuda (skipped: ${why})`, () => {
  let engine: CudaEngine;
  beforeAll(async () => {
    engine = await createCudaEngine({ dtype: 'f32' });
  });
  afterAll(() => engine.close());
  describeDevicePruning(() => engine);
});
