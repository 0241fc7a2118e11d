/** Every engine, keyed by its id. */
import { deviceCount } from './cuda/device.ts';
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
  /** Number of the GPU, for engines that are on one. */
  readonly device: number;
}

export const engines = {
  onnx: createOnnxEngine,
  cuda: createCudaEngine,
} as const satisfies Record<string, (choice: EngineChoice) => Promise<Engine>>;

/** @param id a key of `engines` that was checked */
export function createEngine(id: string, choice: EngineChoice): Promise<Engine> {
  const create: (choice: EngineChoice) => Promise<Engine> = engines[id as keyof typeof engines];
  return create(choice);
}

/** GPUs that an engine could be spread over; null for one that is not bound to a device. Throws what loading it throws. */
export function engineDevices(id: string): number | null {
  return id === 'cuda' ? deviceCount() : null;
}
