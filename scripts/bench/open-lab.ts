/** The first GPU, opened for benchmarks: rates at once, models and operations as they are asked for. */
import type { Rates } from '../../data/bench-schema.ts';
import {
  type CudaEngine,
  createCudaEngine,
  type RandomModelOptions,
} from '../../eval/engines/cuda/engine.ts';
import type { LoadedModel } from '../../eval/engines/engine.ts';
import type { Architecture } from '../../eval/families/architecture.ts';
import type { Lab } from './bench.ts';
import { eventStopwatch, kernelLab, measureRates } from './cuda-kernels.ts';
import type { PeerResults } from './peers.ts';

export interface OpenLab extends Lab {
  /** Name of the card that is used, whatever else the machine has. */
  readonly gpu: string;
  /** Hash of the kernel library. */
  readonly build: string;
  /** Matrix products that ran without tensor cores since it was asked last, one line each. */
  slowProducts(): readonly string[];
  close(): Promise<void>;
}

/** @throws kernels/… where there is no GPU or no library */
export async function openLab(
  settings: Pick<Lab, 'quick' | 'mostRepeats'> & { readonly peers: PeerResults },
): Promise<OpenLab> {
  const engine = await createCudaEngine({ dtype: 'bf16' });
  const { device } = engine;
  const kernels = kernelLab(device);
  return {
    gpu: device.info().name,
    build: device.build,
    quick: settings.quick,
    mostRepeats: settings.mostRepeats,
    rates: higher(await measureRates(kernels), settings.peers.rates),
    stopwatch: eventStopwatch(device),
    peer: settings.peers.measurement,
    model: modelsOf(engine),
    engine: () => {
      engine.memory.close();
      return engine;
    },
    kernels: () => {
      engine.memory.close();
      return kernels;
    },
    usedBytes: () => {
      const { totalBytes, freeBytes } = device.info();
      return totalBytes - freeBytes;
    },
    slowProducts: () => engine.newSlowProducts(),
    close: () => engine.close(),
  };
}

/** The hardware allows whatever anybody has reached on it. */
function higher(own: Rates, other: Rates | null): Rates {
  const rate = (name: keyof Rates) => Math.max(own[name], other?.[name] ?? 0);
  return {
    copy_bytes_per_second: rate('copy_bytes_per_second'),
    matmul_flops_per_second: rate('matmul_flops_per_second'),
  };
}

/** Keeps the last model, so that benchmarks of one shape share its weights. */
function modelsOf(engine: CudaEngine): Lab['model'] {
  let last: { readonly key: string; readonly model: LoadedModel } | null = null;
  return (architecture: Architecture, options: RandomModelOptions = {}) => {
    const { blocks, hiddenSize } = architecture;
    const key = JSON.stringify([hiddenSize, blocks.length, options]);
    if (last?.key !== key) {
      engine.memory.close();
      last = { key, model: engine.loadRandom(architecture, options) };
    }
    return last.model;
  };
}
