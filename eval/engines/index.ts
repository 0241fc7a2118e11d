/** Every engine, keyed by its id. */
import type { Engine } from './engine.ts';
import { createOnnxEngine } from './onnx/engine.ts';

export interface EngineChoice {
  readonly provider: 'cpu' | 'webgpu';
}

export const engines = {
  onnx: createOnnxEngine,
} as const satisfies Record<string, (choice: EngineChoice) => Promise<Engine>>;
