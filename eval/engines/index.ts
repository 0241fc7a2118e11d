/** Every engine, keyed by its id. */
import { createCudaEngine, type DtypeChoice } from './cuda/engine.ts';
import type { Engine } from './engine.ts';
import { createOnnxEngine } from './onnx/engine.ts';

/** What is chosen about any engine; each reads what concerns it. */
export interface EngineChoice {
  /** Of the onnx engine. */
  readonly provider: 'cpu' | 'webgpu';
  /** Processor threads of the onnx engine; 0 leaves the choice to it. */
  readonly threads: number;
  /** Type of weights and activations of the cuda engine. */
  readonly dtype: DtypeChoice;
}

export const engines = {
  onnx: createOnnxEngine,
  cuda: createCudaEngine,
} as const satisfies Record<string, (choice: EngineChoice) => Promise<Engine>>;
