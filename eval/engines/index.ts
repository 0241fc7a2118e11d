/** Every engine, keyed by its id. */
import type { Engine } from './engine.ts';
import { createOnnxEngine } from './onnx/engine.ts';

export interface EngineChoice {
  readonly provider: 'cpu' | 'webgpu';
  /** Processor threads; 0 leaves the choice to the engine. */
  readonly threads: number;
}

export const engines = {
  onnx: createOnnxEngine,
} as const satisfies Record<string, (choice: EngineChoice) => Promise<Engine>>;
