/** Bits that differ by group on a GPU: bits, codes and grids are those of eval/operations/cpu-mixed.ts. */
import { firstBytes, packStream } from '../../formats/mixed-groups.ts';
import { chooseBits, risingSalience } from '../../math/bit-allocation.ts';
import { cpuOperations } from '../../operations/cpu.ts';
import type {
  Binarized,
  DenseLinear,
  FactorHandle,
  HessianHandle,
  MixedRule,
} from '../../operations/operations.ts';
import type { Device } from './device.ts';
import { type Shape, shapeOf } from './device-codes.ts';
import { sumOfRows } from './device-weights.ts';
import { GroupParts } from './group-parts.ts';
import { CudaHessian, isFound } from './hessians.ts';
import type { HostBytes } from './host-bytes.ts';
import type { Address } from './kernels.ts';
import type { Pool } from './pool.ts';

/** Doubles that `bl_rounding_residuals` takes for a column, and `bl_replace_group` beside two for every weight of a group. */
const RESIDUAL_PARTS = 16;
const GROWTH_PARTS = 256;

export class MixedRounder {
  readonly #device: Device;
  readonly #pool: Pool<string>;
  readonly #parts: GroupParts;
  readonly #host: HostBytes;

  constructor(device: Device, pool: Pool<string>, host: HostBytes) {
    this.#host = host;
    this.#device = device;
    this.#pool = pool;
    this.#parts = new GroupParts(device, pool, host);
  }

  /** Operations.roundMixed; on the host where there is no factor. */
  async round(
    method: string,
    linear: DenseLinear,
    rule: MixedRule,
    hessian: HessianHandle,
    factor: FactorHandle,
  ): Promise<Binarized> {
    if (!isFound(factor) || !(hessian instanceof CudaHessian))
      return cpuOperations.roundMixed(method, linear, rule, hessian, factor);
    const shape = shapeOf(method, linear, rule);
    const { N, K, G } = shape;
    const parts = this.#parts;
    const { dead, upper } = factor.at;
    const w = parts.visit(method, linear, dead);
    const bits = this.#allocate(shape, w, rule.bits, upper, hessian.sum);
    const { codes, first: scales, second: zeros } = parts.places(shape);
    const feedback = parts.feedback(N);
    const bitsAt = parts.upload('bits', bits);
    this.#device.kernels.mixedLoop({ w, upper, bits: bitsAt, ...shape, codes, scales, zeros, ...feedback });
    const groups = K / G;
    const values = {
      ...{ N, K, group: G, bits },
      scales: parts.levels(method, linear, scales, N * groups, groups),
      zeros: parts.levels(method, linear, zeros, N * groups, groups),
    };
    const packed = packStream(values, await this.#stream(shape, bits, bitsAt, codes));
    return { packed, loss: sumOfRows(this.#device, feedback.losses, N) };
  }

  /** The steps of `allocateBits`. */
  #allocate(
    shape: Shape,
    w: Address,
    bits: number,
    upper: Address,
    hessian: { readonly at: Address; readonly factor: number },
  ): Uint8Array {
    const { N, K, G } = shape;
    const { kernels } = this.#device;
    const pool = this.#pool;
    const groups = K / G;
    const salience = pool.take('salience', groups * 8);
    kernels.groupSalience({ w, upper, ...shape, salience });
    const order = risingSalience(this.#device.download(salience, new Float64Array(groups)));
    const [errors, next] = [pool.take('residuals', N * K * 8), pool.take('next residuals', N * G * 8)];
    const sums = pool.take('residual sums', RESIDUAL_PARTS * K * 8);
    const scratch = pool.take('replacement', (2 * N * G + GROWTH_PARTS) * 8);
    const growths = new Float64Array(2 * Math.floor(groups / 2));
    const growthsAt = pool.take('growths', growths.byteLength);
    const round = (start: number, columns: number, own: number, out: Address) =>
      kernels.roundingResiduals({ w, ...shape, start, columns, bits: own, out, scratch: sums });
    round(0, K, bits, errors);
    for (const i of growths.keys()) {
      const pair = i >> 1;
      const start = G * (i % 2 === 0 ? order[pair] : order[groups - 1 - pair]);
      round(start, G, i % 2 === 0 ? bits - 1 : bits + 1, next);
      kernels.replaceGroup({
        ...{ errors, next, hessian: hessian.at, factor: hessian.factor, ...shape, start },
        ...{ scratch, growth: growthsAt + 8 * i },
      });
    }
    return chooseBits(order, this.#device.download(growthsAt, growths), bits);
  }

  #stream(shape: Shape, bits: Uint8Array, bitsAt: Address, codes: Address): Promise<Uint8Array> {
    const first = firstBytes(bits, shape.N, shape.G);
    const bytes = Number(first.at(-1));
    const packed = this.#pool.take('packed', bytes);
    const firstAt = this.#parts.upload('first bytes', first);
    this.#device.kernels.packMixed({ codes, bits: bitsAt, first: firstAt, ...shape, packed });
    return this.#host.download(packed, bytes);
  }
}
