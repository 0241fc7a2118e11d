/** The CUDA operations of compression and calibration over the host references, without a GPU. */
import { afterAll, beforeAll, describe } from 'vitest';
import { CudaEngine } from '../../../eval/engines/cuda/engine.ts';
import { hostDevice } from '../engines/host-device.ts';
import { describeBinaryOperations } from './binary-contract.ts';
import { describeDeviceOperations } from './device-contract.ts';
import { describeDeviceRescaling } from './rescaling-contract.ts';

let engine: CudaEngine;
beforeAll(async () => {
  engine = new CudaEngine(await hostDevice(), { dtype: 'f32' });
}, 120_000);
afterAll(() => engine.close());

describe('over host references', () => {
  describeDeviceOperations(() => engine);
  describeDeviceRescaling(() => engine);
  describeBinaryOperations(() => engine);
});
