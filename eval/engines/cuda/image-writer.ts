/** Fills images of weights in device memory: from a weight source, or with random numbers for benchmarks. */
import type { Block, Linear } from '../../families/architecture.ts';
import type { PackedLinear } from '../../formats/format.ts';
import { takeRows, type WeightSource } from '../../weights.ts';
import type { DeviceMatrix } from './device-linear.ts';
import type { Kernels } from './kernels.ts';
import type { Layout, MatrixSource, Placed, VectorSource } from './layout.ts';
import { type Dtype, ELEMENT_BYTES, F32 } from './matrix.ts';
import { Ops } from './ops.ts';

/** Writes the image of `layout` at device address `base`; queued on the stream of the kernels when the promise is kept. */
export interface ImageWriter {
  write(layout: Layout, base: number, block: Block | null): Promise<void>;
  /** Whether the weights of a linear were written as they are, not rounded. */
  isExact(linear: string): boolean;
}

/** Queues ŵ of a packed linear into device memory. */
export type Dequantize = (packed: PackedLinear, to: DeviceMatrix) => void;

/** Float32 values that are uploaded at a time where they are converted on the device. */
const STAGED_VALUES = 1 << 24;
const FLAG_BYTES = 256;
/** Room for the values, and behind them for a flag. */
export const STAGING_BYTES = STAGED_VALUES * Float32Array.BYTES_PER_ELEMENT + FLAG_BYTES;

/** Rows of a stored tensor that are read at a time. */
const TABLE_VALUES = 1 << 24;

/** Reads float32 weights from a source; the device rounds them to the engine's type, halves to even. */
export class SourceWriter implements ImageWriter {
  readonly #ops: Ops;
  readonly #staging: number;
  readonly #weights: () => WeightSource;
  readonly #dequantize: Dequantize | undefined;
  readonly #exact = new Set<string>();

  /**
   * @param staging     device address of STAGING_BYTES bytes
   * @param dequantize  writes packed linears
   */
  constructor(
    kernels: Kernels,
    dtype: Dtype,
    staging: number,
    weights: () => WeightSource,
    dequantize?: Dequantize,
  ) {
    this.#ops = new Ops(kernels, dtype);
    this.#staging = staging;
    this.#weights = weights;
    this.#dequantize = dequantize;
  }

  isExact(linear: string): boolean {
    return this.#exact.has(linear);
  }

  async write({ parts }: Layout, base: number, block: Block | null): Promise<void> {
    for (const placed of parts.values()) await this.#writePart(placed, base + placed.offset, block);
  }

  async #writePart({ part, dtype }: Placed, at: number, block: Block | null): Promise<void> {
    if (part.kind === 'vector') {
      const values = part.name === 'slopes' ? slopesOf(block) : await this.#vector(part.sources, part.length);
      this.#upload(values, at, F32);
      return;
    }
    let row = 0;
    for (const source of part.sources) {
      await this.#writeMatrix(source, part.K, at + row * part.K * ELEMENT_BYTES[dtype], dtype);
      row += source.rows;
    }
  }

  async #writeMatrix(source: MatrixSource, K: number, at: number, dtype: Dtype): Promise<void> {
    const weights = this.#weights();
    if (source.kind === 'linear') return this.#writeLinear(source.linear, at, dtype);
    const step = Math.max(1, Math.floor(TABLE_VALUES / K));
    for (let from = 0; from < source.rows; from += step) {
      const rows = await weights.slice(source.tensor, from, Math.min(source.rows, from + step));
      this.#upload(rows, at + from * K * ELEMENT_BYTES[dtype], dtype);
    }
  }

  /** From its packed form where there is one: a fraction of the bytes, and no work for the host. */
  async #writeLinear(linear: Linear, at: number, dtype: Dtype): Promise<void> {
    this.#exact.delete(linear.name);
    const weights = this.#weights();
    const packed = (await weights.packedLinear?.(linear)) ?? null;
    if (packed !== null && this.#dequantize !== undefined) this.#dequantize(packed, { at, dtype });
    else if (this.#upload(await weights.linear(linear), at, dtype)) this.#exact.add(linear.name);
  }

  async #vector(sources: readonly VectorSource[], length: number): Promise<Float32Array> {
    const values = new Float32Array(length);
    let done = 0;
    for (const source of sources) {
      if (source.kind === 'tensor') values.set(await this.#tensor(source), done);
      done += source.length;
    }
    return values;
  }

  async #tensor({ tensor, rows, length }: Extract<VectorSource, { kind: 'tensor' }>): Promise<Float32Array> {
    return takeRows(await this.#weights().tensor(tensor), rows, length, 1);
  }

  /** Returns whether nothing was rounded. */
  #upload(values: Float32Array, at: number, dtype: Dtype): boolean {
    const { kernels } = this.#ops;
    if (dtype === F32) {
      kernels.upload({ to: at, from: values, bytes: values.byteLength });
      return true;
    }
    const flag = this.#staging + STAGING_BYTES - FLAG_BYTES;
    kernels.fill({ to: flag, value: 0, bytes: FLAG_BYTES });
    for (let from = 0; from < values.length; from += STAGED_VALUES) {
      const piece = values.subarray(from, from + STAGED_VALUES);
      kernels.upload({ to: this.#staging, from: piece, bytes: piece.byteLength });
      kernels.checkRounding({ dtype, x: this.#staging, n: piece.length, flag });
      const out = { at: at + from * ELEMENT_BYTES[dtype], dtype, stride: piece.length };
      this.#ops.moveRows({ at: this.#staging, dtype: F32, stride: piece.length }, out, 1, piece.length);
    }
    const found = new Int32Array(1);
    kernels.download({ to: found, from: flag, bytes: found.byteLength });
    kernels.synchronize({});
    return found[0] === 0;
  }
}

/** Random matrices of the shapes of an architecture, norms of ones: for benchmarks of models that are not there. */
export class RandomWriter implements ImageWriter {
  readonly #ops: Ops;
  #seed = 1;

  constructor(kernels: Kernels, dtype: Dtype) {
    this.#ops = new Ops(kernels, dtype);
  }

  isExact(): boolean {
    return true;
  }

  async write({ parts }: Layout, base: number): Promise<void> {
    const { kernels } = this.#ops;
    for (const { part, offset, dtype } of parts.values()) {
      const at = base + offset;
      if (part.kind === 'vector') {
        const value = part.name.endsWith('.bias') || part.name === 'decay' ? 0 : 1;
        const values = new Float32Array(part.length).fill(value);
        kernels.upload({ to: at, from: values, bytes: values.byteLength });
      } else {
        // The deviation keeps the size of what passes through.
        const deviation = 1 / Math.sqrt(part.K);
        kernels.random({ dtype, out: at, n: part.N * part.K, deviation, seed: this.#seed });
        this.#seed += 1;
      }
    }
  }
}

/** Slopes of the heads, float32 `[heads]`, as bl_attention takes them: with the factor, unless products are rounded before it. */
function slopesOf(block: Block | null): Float32Array {
  const mixer = block?.mixer;
  if (mixer === undefined || mixer.kind === 'selective-scan' || mixer.position.kind !== 'alibi')
    throw new TypeError('slopes were asked for where no head has one');
  const { slopes, factor, rounded } = mixer.position;
  return Float32Array.from(slopes, (slope) => (rounded ? slope : slope * factor));
}
