/** Scaling, and what rounding behind it costs, on a GPU: the steps of eval/operations/cpu-rescaling.ts. */
import type { PackedLinear } from '../../formats/format.ts';
import { checkWeights } from '../../operations/checks.ts';
import type { DenseLinear, GridRule, HessianHandle } from '../../operations/operations.ts';
import { CLIP_SHARES, type RescalingOperations, type ScaleFactors } from '../../operations/rescaling.ts';
import type { Device } from './device.ts';
import { type CodePacker, type Shape, shapeOf } from './device-codes.ts';
import { DeviceLinear } from './device-linear.ts';
import { type Weights, weightsOf } from './device-weights.ts';
import { CudaHessian } from './hessians.ts';
import type { Address } from './kernels.ts';
import { BF16, type Dtype, ELEMENT_BYTES, F32 } from './matrix.ts';
import type { Pool } from './pool.ts';
import { numbersOf } from './rule-numbers.ts';

const DOUBLE = Float64Array.BYTES_PER_ELEMENT;

export class CudaRescaling implements RescalingOperations {
  readonly #parts: { readonly device: Device; readonly pool: Pool<string> };
  readonly #codes: CodePacker;

  constructor(device: Device, pool: Pool<string>, codes: CodePacker) {
    this.#parts = { device, pool };
    this.#codes = codes;
  }

  async scale(linear: DenseLinear, { columns, rows }: ScaleFactors): Promise<DeviceLinear> {
    const { device, pool } = this.#parts;
    const { N, K } = linear;
    const weights = weightsOf(device, pool, 'scale', linear);
    const out = pool.take('scaled', N * K * ELEMENT_BYTES[F32]);
    device.kernels.scaleWeights({
      ...{ ...weights, N, K, outDtype: F32, out },
      columns: columns === null ? 0 : this.#upload('columns', columns),
      rows: rows === null ? 0 : this.#upload('rows', rows),
    });
    return new DeviceLinear(device, linear, { at: out, dtype: F32 });
  }

  async columnMaxima(linear: DenseLinear): Promise<Float64Array> {
    const { device, pool } = this.#parts;
    const { N, K } = linear;
    const { w, dtype } = weightsOf(device, pool, 'columnMaxima', linear);
    const sums = pool.take('channel sums', 3 * K * DOUBLE);
    device.kernels.fill({ to: sums, value: 0, bytes: 3 * K * DOUBLE });
    device.kernels.channelSums({ dtype, x: w, xStride: K, M: N, K, sums });
    return device.download(sums, new Float64Array(3 * K)).slice(K, 2 * K);
  }

  async outputErrors(
    method: string,
    linear: DenseLinear,
    rule: GridRule,
    hessian: HessianHandle,
    candidates: readonly Float64Array[],
  ): Promise<Float64Array> {
    const { device, pool } = this.#parts;
    const { N, K } = linear;
    const { G } = shapeOf(method, linear, rule);
    const weights = weightsOf(device, pool, method, linear);
    const squares = this.#squares(hessian, K, productType(weights));
    const sums = pool.take('product sums', candidates.length * N * DOUBLE);
    for (const [i, factors] of candidates.entries()) {
      const columns = this.#upload('columns', factors);
      this.#measure(weights, { N, K, G }, rule, { columns, share: 1 }, squares, K, sums + i * N * DOUBLE);
    }
    const each = await device.downloadAsync(sums, new Float64Array(candidates.length * N));
    const errors = Float64Array.from(candidates, (_, i) => {
      const own = each.subarray(i * N, (i + 1) * N).reduce((sum, error) => sum + error, 0);
      return own * squares.factor;
    });
    // Weights that are not finite deserve their own message.
    if (errors.some(Number.isNaN)) checkWeights(method, linear);
    return errors;
  }

  roundClipped(
    method: string,
    linear: DenseLinear,
    rule: GridRule,
    hessian: HessianHandle,
  ): Promise<PackedLinear> {
    const { device } = this.#parts;
    const { N, K } = linear;
    const { G } = shapeOf(method, linear, rule);
    return this.#codes.roundWith(method, linear, rule, (weights, places) => {
      const shares = this.#bestShares(weights, { N, K, G }, rule, hessian);
      const { mse: _, ...numbers } = numbersOf(rule);
      device.kernels.roundClipped({ ...weights, N, K, G, ...numbers, shares, ...places });
    });
  }

  /** Queues the search; returns the address of the share of every group, float64 `[N, K/G]`. */
  #bestShares(weights: Weights, shape: Shape, rule: GridRule, hessian: HessianHandle): Address {
    const { device, pool } = this.#parts;
    const groups = (shape.N * shape.K) / shape.G;
    const [errors, least, choice] = ['errors', 'least', 'shares'].map((name) =>
      pool.take(`clip ${name}`, groups * DOUBLE),
    ) as [Address, Address, Address];
    const squares = this.#squares(hessian, shape.G, productType(weights));
    for (const [i, share] of CLIP_SHARES.entries()) {
      this.#measure(weights, shape, rule, { columns: 0, share }, squares, shape.G, errors);
      device.kernels.keepLeast({ errors, n: groups, value: share, first: Number(i === 0), least, choice });
    }
    return choice;
  }

  /**
   * Queues Δ·H·Δᵀ over squares of `width` columns, the groups or the whole row, into `sums` float64 `[N, K/width]`.
   */
  #measure(
    weights: Weights,
    { N, K, G }: Shape,
    rule: GridRule,
    { columns, share }: { readonly columns: Address; readonly share: number },
    { at, dtype }: Squares,
    width: number,
    sums: Address,
  ): void {
    const { device, pool } = this.#parts;
    const { kernels } = device;
    const losses = pool.take('losses of rounding', N * K * ELEMENT_BYTES[dtype]);
    const products = pool.take('products', N * K * ELEMENT_BYTES[F32]);
    const { mse: _, ...numbers } = numbersOf(rule);
    kernels.roundingLosses({ ...weights, columns, N, K, G, ...numbers, share, outDtype: dtype, out: losses });
    for (let from = 0; from < K; from += width) {
      kernels.matmul({
        ...{ dtype, x: losses + from * ELEMENT_BYTES[dtype], xStride: K },
        ...{ w: at + from * width * ELEMENT_BYTES[dtype], out: products + from * ELEMENT_BYTES[F32] },
        ...{ outDtype: F32, outStride: K, M: N, N: width, K: width, accumulate: 0 },
      });
    }
    kernels.groupProducts({ dtype, x: losses, y: products, N, K, G: width, sums });
  }

  /** Squares on the diagonal of a Hessian in the type that they are multiplied in. */
  #squares(hessian: HessianHandle, width: number, dtype: Dtype): Squares {
    if (!(hessian instanceof CudaHessian))
      throw new TypeError('[operations] the Hessian is not in the memory of this device.');
    const { device, pool } = this.#parts;
    const { K } = hessian;
    const at = pool.take('squares', K * width * ELEMENT_BYTES[dtype]);
    device.kernels.hessianBlocks({ hessian: hessian.sum.at, K, G: width, dtype, out: at });
    return { at, dtype, factor: hessian.sum.factor };
  }

  #upload(name: string, values: Float64Array): Address {
    const at = this.#parts.pool.take(name, values.byteLength);
    this.#parts.device.upload(at, values);
    return at;
  }
}

interface Squares {
  readonly at: Address;
  readonly dtype: Dtype;
  /** The Hessian is this factor times what is multiplied with. */
  readonly factor: number;
}

/** Small models are searched as on the CPU; where weights have 16 bits, sums over many columns lose nothing that matters. */
function productType({ dtype }: Weights): Dtype {
  return dtype === F32 ? F32 : BF16;
}
