/** The engine on the kernel library: one NVIDIA GPU, weights in the type that suits the model. */
import { createHash } from 'node:crypto';
import type { Architecture } from '../../families/architecture.ts';
import type { WeightSource } from '../../weights.ts';
import type { Engine, EngineInfo, EngineOptions } from '../engine.ts';
import { checkPrecision, UNROUNDED } from '../forward-quantizer.ts';
import { blockLayout, topLayout } from './block-layout.ts';
import { Device } from './device.ts';
import type { GenerateOptions } from './generate.ts';
import type { Layout } from './layout.ts';
import { BF16, type Dtype, F16, F32 } from './matrix.ts';
import { DeviceMemory, GrowingRange } from './memory.ts';
import { CudaModel, type CudaModelOptions, type Exclusive } from './model.ts';
import { CudaOperations } from './operations.ts';
import { describePlan, type MemoryPlan } from './plan.ts';
import { describeSlowProduct, slowProducts } from './slow-products.ts';
import { Uploads } from './uploads.ts';
import { KERNEL_VERSION } from './version.ts';

/** Type of weights and activations; `auto`: float32 below AUTO_PARAMETERS, bfloat16 from there on. */
export type DtypeChoice = 'auto' | 'f32' | 'f16' | 'bf16';

/** Models below it are small enough that exact arithmetic costs nothing that matters. */
export const AUTO_PARAMETERS = 100_000_000;

export interface CudaEngineOptions {
  /** Number of the GPU. @default 0 */
  readonly device?: number;
  /** @default 'auto' */
  readonly dtype?: DtypeChoice;
  /** Most device memory that is used. @default nearly all that is free when the engine starts */
  readonly deviceBytes?: number;
  /** Most blocks of a model whose weights stay on the device. @default as many as fit */
  readonly residentBlocks?: number;
  /** How texts are generated; results do not depend on it. */
  readonly generation?: GenerateOptions;
}

/** Sizes that benchmarks set; models of checkpoints have defaults for all of them. */
export type RandomModelOptions = Pick<
  CudaModelOptions,
  'limitBytes' | 'chunkTokens' | 'batchTokens' | 'residentBlocks' | 'hostImages' | 'onPlan'
> &
  Partial<Pick<CudaModelOptions, 'precision'>>;

const DTYPES: Readonly<Record<Exclude<DtypeChoice, 'auto'>, Dtype>> = { f32: F32, f16: F16, bf16: BF16 };
/** The rest is for the libraries' own workspaces and for what other processes take meanwhile. */
const SHARE_OF_FREE = 0.94;

/** @throws kernels/… where the library or the GPU cannot be used, with the reason */
export async function createCudaEngine(options: CudaEngineOptions = {}): Promise<CudaEngine> {
  return new CudaEngine(Device.open(options.device ?? 0), options);
}

export class CudaEngine implements Engine {
  readonly info: EngineInfo;
  readonly device: Device;
  readonly memory: DeviceMemory;
  readonly librarySha256: string;
  readonly operations: CudaOperations;
  readonly #options: CudaEngineOptions;
  readonly #ranges: CudaModelOptions['ranges'];
  readonly #exclusive: Exclusive = oneAtATime();
  #told = '';
  readonly #toldOf = new Set<string>();

  constructor(device: Device, options: CudaEngineOptions) {
    const { dtype = 'auto', deviceBytes } = options;
    this.info = { id: 'cuda', version: KERNEL_VERSION, provider: `cuda-${dtype}` };
    this.device = device;
    this.#options = options;
    this.memory = new DeviceMemory(
      device,
      deviceBytes ?? Math.floor(device.info().freeBytes * SHARE_OF_FREE),
    );
    this.operations = new CudaOperations(device, {
      alloc: (bytes) => {
        this.memory.makeRoom(bytes);
        return device.alloc(bytes);
      },
      free: (address) => device.free(address),
    });
    this.librarySha256 = createHash('sha256').update(device.build).digest('hex');
    const range = () => new GrowingRange(device);
    this.#ranges = {
      tables: range(),
      results: range(),
      staging: range(),
      uploads: new Uploads(device, range()),
    };
  }

  /** Throws `precision/…` and `engine/unsupported` for what cannot be computed; memory is planned at first use. */
  async load(architecture: Architecture, weights: WeightSource, options: EngineOptions): Promise<CudaModel> {
    const { precision = UNROUNDED, log } = options;
    checkPrecision(precision, architecture, 'precision of the model');
    const onPlan = (plan: MemoryPlan) => log !== undefined && this.#tell(plan, log);
    return this.#model(architecture, { weights, precision, onPlan }, log);
  }

  /** A model of random weights that are made on the device: for benchmarks of shapes without a checkpoint. */
  loadRandom(architecture: Architecture, options: RandomModelOptions = {}): CudaModel {
    return this.#model(architecture, { precision: UNROUNDED, ...options, weights: null });
  }

  /** May be called while a block runs, with what it shows. */
  async gram(inputs: Float32Array, M: number, K: number): Promise<Float32Array> {
    const x = this.device.uploaded(inputs);
    const gram = this.device.alloc(K * K * 4);
    try {
      this.device.kernels.gram({ dtype: F32, x, xStride: K, M, K, gram, accumulate: 0 });
      return await this.device.downloadAsync(gram, new Float32Array(K * K));
    } finally {
      this.device.free(x);
      this.device.free(gram);
    }
  }

  get peakDeviceBytes(): number {
    return this.device.peakBytes;
  }

  async close(): Promise<void> {
    await this.#exclusive(async () => {
      this.memory.close();
      this.#ranges.uploads.close();
      this.device.close();
    });
  }

  #tell(plan: MemoryPlan, log: (line: string) => void): void {
    const line = describePlan(plan, this.memory.limitBytes);
    if (line !== this.#told) log(line);
    this.#told = line;
  }

  /** The queue of this engine, with a look at slow products behind each piece of work. */
  #telling(log?: (line: string) => void): Exclusive {
    if (log === undefined) return this.#exclusive;
    return (work) =>
      this.#exclusive(async () => {
        const result = await work();
        for (const line of this.newSlowProducts()) log(line);
        return result;
      });
  }

  /** Products that have turned out to be slow, in words; each once. */
  newSlowProducts(): readonly string[] {
    const lines = slowProducts(this.device.kernels).map(describeSlowProduct);
    const unheard = lines.filter((line) => !this.#toldOf.has(line));
    for (const line of unheard) this.#toldOf.add(line);
    return unheard;
  }

  #model(
    architecture: Architecture,
    own: Pick<CudaModelOptions, 'weights' | 'precision'> & RandomModelOptions,
    log?: (line: string) => void,
  ): CudaModel {
    const { residentBlocks, generation } = this.#options;
    return new CudaModel({
      ...{ memory: this.memory, architecture, ranges: this.#ranges, exclusive: this.#telling(log) },
      operations: this.operations,
      dtype: chooseDtype(this.#options.dtype ?? 'auto', architecture),
      ...(residentBlocks === undefined ? {} : { residentBlocks }),
      ...own,
      ...(generation === undefined ? {} : { generation }),
    });
  }
}

/** The type that a model is computed in. */
export function chooseDtype(choice: DtypeChoice, architecture: Architecture): Dtype {
  if (choice !== 'auto') return DTYPES[choice];
  return countParameters(architecture) < AUTO_PARAMETERS ? F32 : BF16;
}

/** Of everything that goes to the device, tied tensors once. */
function countParameters(architecture: Architecture): number {
  const { blocks, hiddenSize } = architecture;
  const valuesOf = ({ parts }: Layout) =>
    [...parts.values()].reduce(
      (sum, { part }) => sum + (part.kind === 'matrix' ? part.N * part.K : part.length),
      0,
    );
  const own = blocks.map((block) => valuesOf(blockLayout(block, hiddenSize, F32)));
  return own.reduce((sum, values) => sum + values, valuesOf(topLayout(architecture, F32)));
}

/** A queue of one: what fails does not stop what waits. */
function oneAtATime(): Exclusive {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work, work);
    last = result.catch(() => undefined);
    return result;
  };
}
