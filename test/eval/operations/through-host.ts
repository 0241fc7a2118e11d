/** A GPU engine as one that leaves calibration and compression to the host, to compare the two. */
import type { CudaEngine } from '../../../eval/engines/cuda/engine.ts';
import type { Engine } from '../../../eval/engines/engine.ts';

/** The engine without what it offers for calibration and compression: hidden states and Hessians pass through the host. */
export function throughHost(engine: CudaEngine): Engine {
  return {
    info: engine.info,
    async load(architecture, weights, options) {
      const model = await engine.load(architecture, weights, options);
      return {
        architecture,
        embed: (chunk) => model.embed(chunk),
        runBlock: (...given) => model.runBlock(...given),
        useWeights: (next) => model.useWeights(next),
        score: (...given) => model.score(...given),
        finalStates: (...given) => model.finalStates(...given),
        generate: (...given) => model.generate(...given),
        logits: (tokens) => model.logits(tokens),
      };
    },
    gram: (...given) => engine.gram(...given),
    close: async () => undefined,
  };
}
