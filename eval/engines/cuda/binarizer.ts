/** Binarization on a GPU: signs, codes and levels are those of eval/operations/binary.ts. */
import { packStream as packBlocks } from '../../formats/binary-blocks.ts';
import { streamBytes } from '../../formats/bit-stream.ts';
import { packStream as packDual } from '../../formats/dual-binary.ts';
import { type PackedLinear, toBuffer } from '../../formats/format.ts';
import { packStreams as packPartly } from '../../formats/partly-binary.ts';
import { type BinaryBlockRule, LEVELS } from '../../math/binary-blocks.ts';
import { countBinary, type PartlyBinaryRule, SALIENT_RULE } from '../../math/partly-binary.ts';
import { cpuOperations } from '../../operations/cpu.ts';
import type { Binarized, DenseLinear, DualBinaryRule, FactorHandle } from '../../operations/operations.ts';
import type { Device } from './device.ts';
import { type Shape, shapeOf } from './device-codes.ts';
import { sumOfRows } from './device-weights.ts';
import { firstOfRows } from './first-of-rows.ts';
import { GroupParts } from './group-parts.ts';
import { isFound } from './hessians.ts';
import type { HostBytes } from './host-bytes.ts';
import type { Address } from './kernels.ts';
import type { Pool } from './pool.ts';
import { numbersOf } from './rule-numbers.ts';

export class Binarizer {
  readonly #device: Device;
  readonly #pool: Pool<string>;
  readonly #parts: GroupParts;

  constructor(device: Device, pool: Pool<string>, host: HostBytes) {
    this.#device = device;
    this.#pool = pool;
    this.#parts = new GroupParts(device, pool, host);
  }

  /** Operations.binarizePartly; on the host where there is no factor. */
  async partly(
    method: string,
    linear: DenseLinear,
    rule: PartlyBinaryRule,
    factor: FactorHandle,
  ): Promise<Binarized> {
    if (!isFound(factor)) return cpuOperations.binarizePartly(method, linear, rule, factor);
    const { at } = factor;
    const shape = shapeOf(method, linear, rule);
    const { N, K } = shape;
    const { kernels } = this.#device;
    const w = this.#parts.visit(method, linear, at.dead);
    const isBinary = this.#pool.take('marks', N * K);
    const scratch = this.#scratch(shape);
    const upper = rule.salience === 'magnitude' ? 0 : at.upper;
    kernels.leastSalient({
      w,
      upper,
      ...shape,
      count: countBinary(rule.share, N * shape.G),
      isBinary,
      scratch,
    });
    const made = { isBinary, ...this.#places(shape) };
    kernels.binaryLevels({ ...{ w, isBinary, ...shape, withZeros: Number(rule.compat) }, ...levelsOf(made) });
    const grids = { scales: made.scales, zeros: made.zeros };
    kernels.fitGrids({ w, N, K, G: K, ...numbersOf(SALIENT_RULE), ...grids });
    const feedback = this.#parts.feedback(N);
    kernels.binaryLoop({ w, upper: at.upper, ...shape, ...made, ...feedback });
    const packed = await this.#packPartly(method, linear, shape, made);
    return { packed, loss: sumOfRows(this.#device, feedback.losses, N) };
  }

  /** Operations.binarizeBlocks; on the host where there is no factor. */
  async blocks(
    method: string,
    linear: DenseLinear,
    rule: BinaryBlockRule,
    factor: FactorHandle,
  ): Promise<Binarized> {
    if (!isFound(factor)) return cpuOperations.binarizeBlocks(method, linear, rule, factor);
    const { at } = factor;
    const shape = shapeOf(method, linear, rule);
    const { N, K, G } = shape;
    const device = this.#device;
    const pool = this.#pool;
    const w = this.#parts.visit(method, linear, at.dead);
    const count = N * (K / G) * LEVELS;
    const [codes, levels] = [pool.take('codes', N * K), pool.take('levels', count * 4)];
    const salient = pool.take('salient', K);
    const feedback = this.#parts.feedback(N);
    const scratch = this.#scratch(shape);
    const compat = Number(rule.compat);
    device.kernels.binaryBlocks({
      ...{ w, upper: at.upper, ...shape, compat, codes, levels, salient, ...feedback, scratch },
    });
    const numbers = this.#parts.levels(method, linear, levels, count, (K / G) * LEVELS);
    const isSalient = device.download(salient, new Uint8Array(K));
    const stream = await this.#parts.stream(codes, N, K, 2);
    const values = { N, K, group: G, levels: numbers, isSalient };
    const packed = packBlocks(values, toBuffer('U8', [N, streamBytes(K, 2)], stream));
    return { packed, loss: sumOfRows(this.#device, feedback.losses, N) };
  }

  /** Operations.binarizeTwice; on the host where there is no factor. */
  async twice(
    method: string,
    linear: DenseLinear,
    rule: DualBinaryRule,
    factor: FactorHandle,
  ): Promise<Binarized> {
    if (!isFound(factor)) return cpuOperations.binarizeTwice(method, linear, rule, factor);
    const { at } = factor;
    const shape = shapeOf(method, linear, rule);
    const { N, K, G } = shape;
    const parts = this.#parts;
    const w = parts.visit(method, linear, at.dead);
    const importance = parts.upload('importance', rule.importance);
    const made = parts.places(shape);
    const feedback = parts.feedback(N);
    this.#device.kernels.dualLoop({ w, upper: at.upper, importance, ...shape, ...made, ...feedback });
    const groups = K / G;
    const first = parts.levels(method, linear, made.first, N * groups, groups);
    const second = parts.levels(method, linear, made.second, N * groups, groups);
    const stream = await parts.stream(made.codes, N, K, 2);
    const values = { N, K, group: G, first, second };
    const packed = packDual(values, toBuffer('U8', [N, streamBytes(K, 2)], stream));
    return { packed, loss: sumOfRows(this.#device, feedback.losses, N) };
  }

  #scratch(shape: Shape): Address {
    const bytes = new BigInt64Array(1);
    this.#device.kernels.binaryScratch({ ...shape, bytes });
    return this.#pool.take('binary scratch', Number(bytes[0]));
  }

  #places({ N, K, G }: Shape) {
    const take = (name: string, bytes: number) => this.#pool.take(name, bytes);
    const groups = N * (K / G);
    return {
      ...{ codes: take('codes', N * K), scales: take('scales', 4 * N), zeros: take('zeros', 2 * N) },
      ...{ means: take('means', 4 * groups), deviations: take('deviations', 4 * groups) },
    };
  }

  async #packPartly(
    method: string,
    linear: DenseLinear,
    shape: Shape,
    made: PartlyPlaces,
  ): Promise<PackedLinear> {
    const { N, K, G } = shape;
    const device = this.#device;
    const parts = this.#parts;
    const groups = K / G;
    const scales = parts.levels(method, linear, made.scales, N, 1);
    const means = parts.levels(method, linear, made.means, N * groups, groups);
    const deviations = parts.levels(method, linear, made.deviations, N * groups, groups);
    const zeros = Uint8Array.from(device.download(made.zeros, new Int16Array(N)));
    const rows = [N, streamBytes(K, 1)];
    const binary = toBuffer('U8', rows, await parts.stream(made.isBinary, N, K, 1));
    const low = toBuffer('U8', rows, await parts.stream(made.codes, N, K, 1));
    const { first, count } = firstOfRows(device, this.#pool, made.isBinary, N, K);
    const compact = this.#pool.take('high', count);
    device.kernels.gatherHigh({ marks: made.isBinary, codes: made.codes, first, N, K, high: compact });
    const high = count === 0 ? new Uint8Array(0) : await parts.stream(compact, 1, count, 7);
    return packPartly(
      { N, K, group: G, means, deviations, scales, zeros },
      { binary, low, high: toBuffer('U8', [high.length], high) },
    );
  }
}

interface PartlyPlaces extends ReturnType<typeof levelsOf> {
  readonly isBinary: Address;
  readonly codes: Address;
  readonly scales: Address;
  readonly zeros: Address;
}

function levelsOf({ means, deviations }: { readonly means: Address; readonly deviations: Address }) {
  return { means, deviations };
}
