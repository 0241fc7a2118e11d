/** A model's place in device memory: made when it is needed, given up when another model needs it, made again. */
import type { Architecture } from '../../families/architecture.ts';
import type { WeightSource } from '../../weights.ts';
import type { ForwardPrecision } from '../forward-quantizer.ts';
import {
  type Dequantize,
  type ImageWriter,
  RandomWriter,
  SourceWriter,
  STAGING_BYTES,
} from './image-writer.ts';
import { Images } from './images.ts';
import type { Dtype } from './matrix.ts';
import type { Claim, DeviceMemory, GrowingRange } from './memory.ts';
import { Ops } from './ops.ts';
import { type MemoryPlan, planMemory } from './plan.ts';
import { Rotations } from './rotations.ts';
import { Session } from './session.ts';
import type { Uploads } from './uploads.ts';

export interface ResidenceOptions {
  readonly memory: DeviceMemory;
  readonly architecture: Architecture;
  readonly dtype: Dtype;
  readonly precision: ForwardPrecision;
  /** Null for random weights, made on the device. */
  readonly weights: WeightSource | null;
  /** For tables, results and staging; shared by the models of an engine. */
  readonly ranges: {
    readonly tables: GrowingRange;
    readonly results: GrowingRange;
    readonly staging: GrowingRange;
    readonly uploads: Uploads;
  };
  /** How packed linears get into images. @default through their float32 values on the host */
  readonly dequantize?: Dequantize;
  /** Of device memory, for this model; at most what the engine has. */
  readonly limitBytes?: number;
  readonly chunkTokens?: number;
  readonly batchTokens?: number;
  readonly residentBlocks?: number;
  /** Host images that streamed blocks share in turn: for benchmarks only. */
  readonly hostImages?: number;
  /** Called with each plan that is made. */
  readonly onPlan?: (plan: MemoryPlan) => unknown;
}

interface Held {
  readonly plan: MemoryPlan;
  readonly claim: Claim;
  readonly images: Images;
  readonly rotations: Rotations;
}

/** Device memory of models that nobody refers to any more. */
const abandoned = new FinalizationRegistry<{ held: Held | null }>((own) => own.held?.claim.release());

/** At work. A caller may drop its model as soon as it has asked: without this, memory would go while kernels use it. */
const working = new Set<Residence>();

export class Residence {
  readonly options: ResidenceOptions;
  #weights: WeightSource | null;
  #plan: { readonly plan: MemoryPlan; readonly longest: number } | null = null;
  /** Apart from this object, so that it can be released after it. */
  readonly #own: { held: Held | null } = { held: null };

  constructor(options: ResidenceOptions) {
    this.options = options;
    this.#weights = options.weights;
    abandoned.register(this, this.#own);
  }

  /** @param longest tokens of the longest text; @throws engine/device-memory */
  async plan(longest: number): Promise<MemoryPlan> {
    const known = this.#plan;
    if (known !== null && longest <= Math.max(known.longest, known.plan.chunkTokens)) return known.plan;
    const { memory, limitBytes = Number.POSITIVE_INFINITY } = this.options;
    const plan = await planMemory({
      ...this.options,
      ...{ longest, limitBytes: Math.min(memory.limitBytes, limitBytes) },
    });
    this.#plan = { plan, longest };
    this.options.onPlan?.(plan);
    return plan;
  }

  /** Runs work with everything in place for texts of up to `longest` tokens; nothing is given back before it ends. */
  async use<T>(longest: number, work: (session: Session) => Promise<T>): Promise<T> {
    working.add(this);
    try {
      return await work(await this.#session(longest));
    } finally {
      working.delete(this);
    }
  }

  async #session(longest: number): Promise<Session> {
    const { memory, architecture, precision, ranges, dtype } = this.options;
    const plan = await this.plan(longest);
    const workspace = memory.workspace(plan.hiddenBytes + plan.scratchBytes);
    const { images, rotations, claim } = this.#hold(plan);
    memory.touch(claim);
    const { tables, results, uploads } = ranges;
    const ops = new Ops(memory.device.kernels, dtype);
    const place = { device: memory.device, architecture, ops, plan, precision, workspace };
    const room = () => memory.roomBeside(claim);
    return new Session({ ...place, images, rotations, tables, results, uploads, memory, room });
  }

  /** Weights are read again when they are next needed: those of the blocks listed, or all. */
  useWeights(weights: WeightSource, blocks?: readonly number[]): void {
    this.#weights = weights;
    if (blocks === undefined) this.#own.held?.images.invalidate();
    else for (const block of blocks) this.#own.held?.images.invalidate(block);
  }

  #hold(plan: MemoryPlan): Held {
    const own = this.#own;
    if (own.held?.plan === plan) return own.held;
    own.held?.claim.release();
    const { memory, architecture, hostImages, ranges } = this.options;
    const { device } = memory;
    ranges.staging.atLeast(STAGING_BYTES);
    const claim = memory.claim(plan.weightBytes, () => {
      own.held?.images.close();
      own.held?.rotations.close();
      own.held = null;
    });
    const images = new Images({
      ...{ device, architecture, plan, base: claim.at, writer: this.#writer() },
      ...(hostImages === undefined ? {} : { hostImages }),
    });
    const rotations = new Rotations(device, architecture, plan.chunkTokens);
    own.held = { plan, claim, images, rotations };
    return own.held;
  }

  #writer(): ImageWriter {
    const { memory, dtype, ranges, dequantize } = this.options;
    const { kernels } = memory.device;
    if (this.#weights === null) return new RandomWriter(kernels, dtype);
    // Images outlive a change of weights, and must not keep this object alive.
    const source = new WeakRef(this);
    const weightsInUse = () => {
      const residence = source.deref();
      const weights = residence === undefined ? null : residence.#weights;
      if (weights === null) throw new TypeError('the model is not in use any more');
      return weights;
    };
    const staging = ranges.staging.atLeast(STAGING_BYTES);
    return new SourceWriter(kernels, dtype, staging, weightsInUse, dequantize);
  }
}
