/** The heavy steps of compression on a GPU. Codes, scales and zeros are those of eval/operations/cpu.ts. */

import type { PackedLinear } from '../../formats/format.ts';
import type { Hessian } from '../../math/hessian.ts';
import { groupsOfColumns, groupsOfSteps } from '../../operations/cpu.ts';
import type {
  ColumnRule,
  DenseLinear,
  FactorHandle,
  GridRule,
  Operations,
  RoundedColumns,
} from '../../operations/operations.ts';
import { Binarizer } from './binarizer.ts';
import { Dequantizer } from './dequantizer.ts';
import type { Device } from './device.ts';
import { CodePacker, shapeOf } from './device-codes.ts';
import type { DeviceMatrix } from './device-linear.ts';
import { relativeErrorOf, sumOfRows, weightsOf } from './device-weights.ts';
import { GroupOperations } from './group-operations.ts';
import { CudaHessian, isFound } from './hessians.ts';
import { HostBytes } from './host-bytes.ts';
import { CudaIncoherence } from './incoherence.ts';
import { BL } from './kernels.gen.ts';
import type { Address } from './kernels.ts';
import type { Matrix } from './matrix.ts';
import { MixedRounder } from './mixed-rounder.ts';
import { PackedHere } from './packed-here.ts';
import { CachingHeap, type DeviceHeap, Pool } from './pool.ts';
import { CudaPruning } from './pruning.ts';
import { queueColumns } from './queued-columns.ts';
import { CudaRescaling } from './rescaling.ts';
import { rotateOnDevice } from './rotate-linear.ts';
import { numbersOf } from './rule-numbers.ts';

export class CudaOperations implements Operations {
  readonly #device: Device;
  /** Where memory comes from that lasts beyond a call; what is given back is kept for the next block. */
  readonly heap: CachingHeap;
  readonly #pool: Pool<string>;
  readonly #dequantizer: Dequantizer;
  readonly #groups: GroupOperations;
  readonly rescaling: CudaRescaling;
  readonly #codes: CodePacker;
  readonly #here: PackedHere;
  readonly #host: HostBytes;
  readonly #binarizer: Binarizer;
  readonly #mixed: MixedRounder;

  constructor(device: Device, heap: DeviceHeap = device) {
    this.#device = device;
    this.heap = new CachingHeap(heap);
    this.#pool = new Pool<string>(heap);
    this.#host = new HostBytes(device);
    this.#groups = new GroupOperations(device, this.#pool, this.#host);
    this.#here = new PackedHere(this.#pool);
    this.pruning = new CudaPruning(device, this.#pool, this.#here, this.#host);
    this.incoherence = new CudaIncoherence(device, this.#pool, this);
    this.#binarizer = new Binarizer(device, this.#pool, this.#host);
    this.#mixed = new MixedRounder(device, this.#pool, this.#host);
    // Images are written with it: making room for its buffers must not take theirs.
    this.#dequantizer = new Dequantizer(device, device, this.#host);
    this.#codes = new CodePacker(device, this.#pool, this.#here, this.#host);
    this.rescaling = new CudaRescaling(device, this.#pool, this.#codes);
  }

  roundToNearest(method: string, linear: DenseLinear, rule: GridRule): Promise<PackedLinear> {
    const { kernels } = this.#device;
    const { N, K, G } = shapeOf(method, linear, rule);
    return this.#codes.roundWith(method, linear, rule, (weights, places) =>
      kernels.roundWeights({ ...weights, importance: 0, ...numbersOf(rule), N, K, G, ...places }),
    );
  }

  async roundColumns(
    method: string,
    linear: DenseLinear,
    rule: ColumnRule,
    factor: FactorHandle,
  ): Promise<RoundedColumns> {
    if (!isFound(factor)) throw new TypeError('[operations] the factor is not one that this device found.');
    const shape = shapeOf(method, linear, rule);
    const { N, K, G } = shape;
    const weights = weightsOf(this.#device, this.#pool, method, linear);
    const groupOfStep = groupsOfSteps(rule, factor.order, G);
    const groupOfColumn = groupsOfColumns(rule, groupOfStep, factor.order, K / G);
    const made = this.#codes.allocate(shape, rule, groupOfColumn);
    const given = { device: this.#device, pool: this.#pool, shape, rule, weights, factor };
    const losses = queueColumns({ ...given, groupOfStep, made });
    const packed = await this.#codes.pack(method, linear, weights, made, rule);
    // Packed bytes round the scale of a fixed grid.
    if (rule.fixed !== undefined) this.#here.release();
    return { packed, loss: sumOfRows(this.#device, losses, N) };
  }

  binarizePartly: Operations['binarizePartly'] = (...given) => this.#binarizer.partly(...given);
  binarizeBlocks: Operations['binarizeBlocks'] = (...given) => this.#binarizer.blocks(...given);
  binarizeTwice: Operations['binarizeTwice'] = (...given) => this.#binarizer.twice(...given);
  roundMixed: Operations['roundMixed'] = (...given) => this.#mixed.round(...given);

  rotate(method: string, linear: DenseLinear, seed: number): Promise<DenseLinear> {
    return rotateOnDevice(this.#device, this.#pool, method, linear, seed);
  }

  roundToLevels: Operations['roundToLevels'] = (...given) => this.#groups.roundToLevels(...given);
  solveZeros: Operations['solveZeros'] = (...given) => this.#groups.solveZeros(...given);
  takeColumns: Operations['takeColumns'] = (...given) => this.#groups.takeColumns(...given);

  readonly pruning: CudaPruning;
  readonly incoherence: CudaIncoherence;

  async relativeError(linear: DenseLinear, packed: PackedLinear): Promise<number> {
    return this.#here.errorOf(packed) ?? this.#errorOf(linear, packed);
  }

  /** Of a packed linear whose codes were made elsewhere, or whose layout is another than that of grouped integers. */
  #errorOf(linear: DenseLinear, packed: PackedLinear): number {
    const { N, K } = packed;
    const restored = this.#pool.take('restored', N * K * 4);
    this.dequantize(packed, { at: restored, dtype: BL.F32 });
    const sums = this.#pool.take('sums', 16 * N);
    const weights = weightsOf(this.#device, this.#pool, 'operations', linear);
    this.#device.kernels.weightErrors({ ...weights, restored, N, K, sums });
    this.#here.keepRestored(this.#device, packed, restored);
    return relativeErrorOf(this.#device, sums, N);
  }

  hessian({ values, K }: Hessian): CudaHessian {
    const sum = this.heap.alloc(values.byteLength);
    this.#device.upload(sum, values);
    return this.hessianOf(sum, K, 1);
  }

  /** Of a sum of Gram matrices, float64 `[K, K]` in memory of the heap, which the handle then owns. */
  hessianOf(sum: Address, K: number, factor: number): CudaHessian {
    return new CudaHessian({ device: this.#device, heap: this.heap, pool: this.#pool, sum, K, factor });
  }

  /** hessian float64 `[K, K]` += xᵀ·x, queued. */
  addGram(hessian: Address, x: Matrix, M: number, K: number): void {
    const gram = this.#pool.take('gram', K * K * 4);
    const { kernels } = this.#device;
    kernels.gram({ dtype: x.dtype, x: x.at, xStride: x.stride, M, K, gram, accumulate: 0 });
    kernels.hessianAdd({ hessian, gram, K, accumulate: 1 });
  }

  /** sums float64 `[3, K]` of |x|, its largest and x² of each channel, M rows more; queued. */
  addChannels(sums: Address, { dtype, at, stride }: Matrix, M: number, K: number): void {
    this.#device.kernels.channelSums({ dtype, x: at, xStride: stride, M, K, sums });
  }

  /** ŵ in memory that the caller owns, `[N, K]` of its type; queued. Throws `format/damaged`, `format/unknown`. */
  dequantize(packed: PackedLinear, to: DeviceMatrix): void {
    if (!this.#here.write(packed, to)) this.#dequantizer.write(packed, to);
  }

  recycle({ buffers }: PackedLinear): void {
    for (const { bytes } of Object.values(buffers)) this.#host.giveBack(bytes);
  }

  release(): void {
    this.heap.release();
    this.#here.release();
    this.#host.release();
    this.#pool.release();
    this.#dequantizer.release();
    this.incoherence.release();
  }
}
