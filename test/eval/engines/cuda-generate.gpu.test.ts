/** Generation on a GPU: the contract in float32, and what bfloat16 and recorded steps keep of it. */
import { describe, expect, test } from 'vitest';
import { type CudaEngine, createCudaEngine } from '../../../eval/engines/cuda/engine.ts';
import type { GenerateOptions } from '../../../eval/engines/cuda/generate.ts';
import { whyNoGpu } from '../../kernels/gpu.ts';
import { randomTokens } from './compare.ts';
import { describedModel } from './described-models.ts';
import { describeGeneration } from './generate-contract.ts';

const why = whyNoGpu();

describe.skipIf(why !== undefined)(why === undefined ? 'cuda' : `cuda (skipped: ${why})`, () => {
  describeGeneration((generation) => createCudaEngine({ dtype: 'f32', generation }));

  test('recorded steps in bfloat16 give the bits of steps that are not, in company or alone', async () => {
    const { architecture, weights } = describedModel('gemma 2');
    const requests = Array.from({ length: 100 }, (_, i) => ({
      prompt: randomTokens(1 + 3 * (i % 12), architecture.vocabSize, i),
      maxNewTokens: 20,
      stop: () => false,
    }));
    const write = async (generation: GenerateOptions) => {
      const engine: CudaEngine = await createCudaEngine({ dtype: 'bf16', generation });
      const model = await engine.load(architecture, weights, { workspaceBytes: 1 << 26 });
      return model.generate(requests).finally(() => engine.close());
    };
    const recorded = await write({ graphs: true, slots: 512 });
    expect(await write({ graphs: false, slots: 512 })).toEqual(recorded);
    expect(await write({ graphs: true, slots: 1 })).toEqual(recorded);
    expect(await write({ graphs: true, slots: 64, steps: 1 })).toEqual(recorded);
  });
});
