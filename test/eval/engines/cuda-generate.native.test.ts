/** Generation of the CUDA engine over the host references, without a GPU. */
import { CudaEngine } from '../../../eval/engines/cuda/engine.ts';
import { describeGeneration } from './generate-contract.ts';
import { hostDevice } from './host-device.ts';

// Host functions cannot be recorded.
describeGeneration(
  async (generation) =>
    new CudaEngine(await hostDevice(), { dtype: 'f32', generation: { ...generation, graphs: false } }),
);
