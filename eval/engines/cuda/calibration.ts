/** Calibration with hidden states and Hessians in device memory; the host sees neither. */
import { chunksOf } from '../../compress/calibration-run.ts';
import { compressErrors as errors } from '../../errors/compress.ts';
import type { Linear } from '../../families/architecture.ts';
import { siblingsOf } from '../../families/linears.ts';
import type { PackedLinear } from '../../formats/format.ts';
import type { ObservedInputs, Wanted } from '../../operations/operations.ts';
import type { WeightSource } from '../../weights.ts';
import type { CalibrationPass, Chunk } from '../engine.ts';
import type { DeviceInputs } from './block-context.ts';
import { calibrationBytes } from './calibration-memory.ts';
import { DeviceLinear } from './device-linear.ts';
import type { Travelling } from './forward.ts';
import { InputSums } from './input-sums.ts';
import { F32, type Matrix, rowsFrom } from './matrix.ts';
import type { CudaOperations } from './operations.ts';
import { Residence, type ResidenceOptions } from './residence.ts';
import type { Session } from './session.ts';

export interface CalibrationParts {
  /** Of the model that is calibrated. */
  readonly model: ResidenceOptions;
  readonly operations: CudaOperations;
  readonly exclusive: <T>(work: () => Promise<T>) => Promise<T>;
}

/** By the first linear that reads each input. */
type Sums = ReadonlyMap<string, InputSums>;

const FLOAT = Float32Array.BYTES_PER_ELEMENT;

export class CudaCalibration implements CalibrationPass {
  readonly #parts: CalibrationParts;
  readonly #residence: Residence;
  readonly #chunks: readonly Chunk[];
  readonly #sequences: number;
  /** Tokens of the longest chunk. */
  readonly #longest: number;
  /** Of each chunk, float32 `[T, H]`: the input of block `#next`. */
  #hidden: readonly Matrix[] | null = null;
  #next = 0;
  /** The block observed last, unless its compressed linears are in place. */
  #stale: number | null = null;
  #last = 0;

  private constructor(
    parts: CalibrationParts,
    residence: Residence,
    chunks: readonly Chunk[],
    sequences: number,
  ) {
    this.#parts = parts;
    this.#residence = residence;
    this.#chunks = chunks;
    this.#sequences = sequences;
    this.#longest = Math.max(...chunks.map(({ tokens }) => tokens.length));
  }

  /** Memory: T·H floats over all sequences, and per block what `calibrationBytes` counts. */
  static async start(
    parts: CalibrationParts,
    sequences: readonly ArrayLike<number>[],
  ): Promise<CudaCalibration> {
    const { memory, architecture } = parts.model;
    const tokens = sequences.reduce((sum, { length }) => sum + length, 0);
    const spare = memory.limitBytes - calibrationBytes(architecture, tokens);
    const limitBytes = Math.min(parts.model.limitBytes ?? spare, spare);
    const residence = new Residence({ ...parts.model, limitBytes });
    const longest = Math.max(...sequences.map(({ length }) => length));
    const { chunkTokens } = await residence.plan(longest);
    return new CudaCalibration(parts, residence, chunksOf(sequences, chunkTokens), sequences.length);
  }

  observe(
    index: number,
    weights: WeightSource,
    wanted: Wanted,
    goesOn: boolean,
  ): Promise<Map<string, ObservedInputs>> {
    return this.#onDevice(async (session) => {
      this.#useWeights(weights);
      const own = await this.#own(session);
      while (this.#next < index) await this.#advance(session, own);
      this.#stale = goesOn ? null : index;
      this.#last = index;
      const sums = this.#sumsOf(session, index, wanted);
      try {
        if (goesOn) await this.#watchAndAdvance(session, own, index, sums);
        else await this.#watch(session, own, index, sums);
        return await this.#finish(sums);
      } catch (error) {
        for (const sum of sums.values()) sum.release();
        throw error;
      }
    });
  }

  async linear({ name }: Linear): Promise<DeviceLinear | null> {
    return this.#onDevice(async ({ parts: { device, images } }) => {
      const { at, N, K, dtype } = (await images.acquire(this.#last)).linear(name);
      images.release(this.#last);
      return images.isExact(name) ? new DeviceLinear(device, { name, N, K }, { at, dtype }) : null;
    });
  }

  replace(linears: ReadonlyMap<string, PackedLinear>): Promise<void> {
    return this.#onDevice(async (session) => {
      const { images } = session.parts;
      const image = await images.acquire(this.#last);
      for (const [name, packed] of linears) this.#parts.operations.dequantize(packed, image.linear(name));
      images.release(this.#last);
      this.#stale = null;
    });
  }

  async close(): Promise<void> {
    if (this.#hidden !== null) this.#parts.operations.heap.free(this.#hidden[0]!.at);
    this.#hidden = null;
  }

  #onDevice<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.#parts.exclusive(() => this.#residence.use(this.#longest, work));
  }

  /** Only the block observed last has weights that differ from those read before. */
  #useWeights(weights: WeightSource): void {
    if (this.#residence.options.weights === null) return;
    this.#residence.useWeights(weights, this.#stale === null ? [] : [this.#stale]);
    this.#stale = null;
  }

  /** The chunks with the hidden states of this pass; embedded at the first call. */
  async #own(session: Session): Promise<readonly Travelling[]> {
    const isNew = this.#hidden === null;
    this.#hidden ??= this.#allocate();
    const own = session.tablesOf(this.#chunks).map((tables, i) => ({ tables, hidden: this.#hidden![i]! }));
    if (isNew) for (const chunk of own) await session.forward.embed(chunk);
    return own;
  }

  #allocate(): readonly Matrix[] {
    const { hiddenSize: H } = this.#residence.options.architecture;
    const lengths = this.#chunks.map(({ tokens }) => tokens.length);
    const tokens = lengths.reduce((sum, length) => sum + length, 0);
    const all: Matrix = { at: this.#parts.operations.heap.alloc(tokens * H * FLOAT), dtype: F32, stride: H };
    let row = 0;
    return lengths.map((length) => {
      row += length;
      return rowsFrom(all, row - length);
    });
  }

  /** Replaces every hidden state by the output of the next block. */
  async #advance(session: Session, own: readonly Travelling[]): Promise<void> {
    const index = this.#next++;
    await session.forward.runBlock(index, own);
    await this.#checkFinite(session, own, index);
  }

  async #checkFinite(session: Session, own: readonly Travelling[], index: number): Promise<void> {
    const { device, architecture } = session.parts;
    const flag = session.results.atLeast(4);
    device.upload(flag, new Int32Array(1));
    const n = own.reduce((sum, { tables }) => sum + tables.T, 0) * architecture.hiddenSize;
    device.kernels.checkFinite({ x: own[0]!.hidden.at, n, flag });
    const [found] = await device.downloadAsync(flag, new Int32Array(1));
    if (found !== 0) throw errors.notFinite(index);
  }

  #sumsOf(session: Session, index: number, wanted: Wanted): Sums {
    const { device, architecture } = session.parts;
    return new Map(
      siblingsOf(architecture.blocks[index]!).map(([{ name, inFeatures }]) => [
        name,
        new InputSums(device, this.#parts.operations, inFeatures, wanted),
      ]),
    );
  }

  /** Runs block `index` over copies of the hidden states, as far as its linears read anything, and sums what they read. */
  async #watch(session: Session, own: readonly Travelling[], index: number, sums: Sums): Promise<void> {
    const { device, workspace } = session.parts;
    const copies = own.map(({ tables, hidden }) => ({ tables, hidden: { ...hidden, at: workspace } }));
    const observe = this.#observer(session, sums);
    await session.forward.runBlock(index, copies, (chunk) => {
      const { tables, hidden } = own[chunk]!;
      const bytes = tables.T * hidden.stride * FLOAT;
      device.kernels.copy({ to: workspace, from: hidden.at, bytes });
      return { observe, endsWithInputs: true };
    });
  }

  /** Replaces every hidden state by the output of block `index`, and sums what its linears read on the way. */
  async #watchAndAdvance(session: Session, own: readonly Travelling[], index: number, sums: Sums) {
    this.#next = index + 1;
    const observe = this.#observer(session, sums);
    await session.forward.runBlock(index, own, () => ({ observe }));
    await this.#checkFinite(session, own, index);
  }

  #observer(session: Session, sums: Sums) {
    const add = (name: string, x: Matrix, M: number) => sums.get(name)?.add(x, M);
    return (inputs: DeviceInputs) => this.#show(session, inputs, add);
  }

  async #finish(sums: Sums): Promise<Map<string, ObservedInputs>> {
    await this.#parts.model.memory.device.kernels.synchronizeAsync();
    const missing = [...sums].find(([, sum]) => !sum.isSeen);
    if (missing !== undefined) throw errors.notObserved(missing[0]);
    return new Map([...sums].map(([name, sum]) => [name, sum.finish(this.#sequences)] as const));
  }

  /** Rows of an expert are shown under the name of its own linear. */
  async #show(
    session: Session,
    { name, x, M, experts }: DeviceInputs,
    add: (name: string, x: Matrix, M: number) => void,
  ): Promise<void> {
    if (experts === undefined) return add(name, x, M);
    const slots = new Int32Array(experts.names.length + 1);
    await session.parts.device.downloadAsync(experts.slots, slots);
    for (const [expert, own] of experts.names.entries())
      add(own, rowsFrom(x, slots[expert]!), slots[expert + 1]! - slots[expert]!);
  }
}
