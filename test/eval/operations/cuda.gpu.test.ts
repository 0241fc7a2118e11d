/** The CUDA operations of compression and calibration on a GPU. */
import { afterAll, beforeAll, describe } from 'vitest';
import { type CudaEngine, createCudaEngine } from '../../../eval/engines/cuda/engine.ts';
import { whyNoGpu } from '../../kernels/gpu.ts';
import { describeBinaryOperations } from './binary-contract.ts';
import { describeDeviceOperations } from './device-contract.ts';
import { describeDeviceRescaling } from './rescaling-contract.ts';

const why = whyNoGpu();

describe.skipIf(why !== undefined)(why === undefined ? 'cuda' : `cuda (skipped: ${why})`, () => {
  let engine: CudaEngine;
  beforeAll(async () => {
    engine = await createCudaEngine({ dtype: 'f32' });
  });
  afterAll(() => engine.close());
  describeDeviceOperations(() => engine);
  describeDeviceRescaling(() => engine);
  describeBinaryOperations(() => engine);
});
