/** Binarization on a GPU: signs, codes and levels are those of eval/operations/binary.ts. */
import { packStream as packBlocks } from '../../formats/binary-blocks.ts';
import { streamBytes } from '../../formats/bit-stream.ts';
import { type PackedLinear, toBuffer } from '../../formats/format.ts';
import { packStreams as packPartly } from '../../formats/partly-binary.ts';
import { type BinaryBlockRule, LEVELS } from '../../math/binary-blocks.ts';
import { BLOCK } from '../../math/column-loop.ts';
import { countBinary, type PartlyBinaryRule, SALIENT_RULE } from '../../math/partly-binary.ts';
import { checkGroup, checkScales, checkWeights } from '../../operations/checks.ts';
import { cpuOperations } from '../../operations/cpu.ts';
import type { Binarized, DenseLinear, FactorHandle } from '../../operations/operations.ts';
import type { Device } from './device.ts';
import { areFinite, type Weights, weightsOf } from './device-weights.ts';
import { firstOfRows } from './first-of-rows.ts';
import { CudaFactor } from './hessians.ts';
import type { Address } from './kernels.ts';
import type { Pool } from './pool.ts';
import { numbersOf } from './rule-numbers.ts';

interface Shape {
  readonly N: number;
  readonly K: number;
  /** Group size, resolved. */
  readonly G: number;
}

export class Binarizer {
  readonly #device: Device;
  readonly #pool: Pool<string>;

  constructor(device: Device, pool: Pool<string>) {
    this.#device = device;
    this.#pool = pool;
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
    const { N, K } = linear;
    const shape = { N, K, G: checkGroup(method, linear, rule.group) };
    const { kernels } = this.#device;
    const weights = weightsOf(this.#device, this.#pool, method, linear);
    const w = this.#visit(weights, shape, at.dead);
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
    const losses = this.#pool.take('losses', N * 8);
    const errors = this.#pool.take('errors', N * BLOCK * 8);
    kernels.binaryLoop({ w, upper: at.upper, ...shape, ...made, losses, errors });
    const packed = await this.#packPartly(method, linear, shape, made);
    return { packed, loss: this.#sum(losses, N) };
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
    const { N, K } = linear;
    const shape = { N, K, G: checkGroup(method, linear, rule.group) };
    const device = this.#device;
    const pool = this.#pool;
    const weights = weightsOf(device, pool, method, linear);
    const w = this.#visit(weights, shape, at.dead);
    const count = N * (K / shape.G) * LEVELS;
    const [codes, levels] = [pool.take('codes', N * K), pool.take('levels', count * 4)];
    const salient = pool.take('salient', K);
    const [losses, errors] = [pool.take('losses', N * 8), pool.take('errors', N * BLOCK * 8)];
    const scratch = this.#scratch(shape);
    const compat = Number(rule.compat);
    device.kernels.binaryBlocks({
      ...{ w, upper: at.upper, ...shape, compat, codes, levels, salient, losses, errors, scratch },
    });
    const numbers = device.download(levels, new Float32Array(count));
    this.#check(method, linear, numbers, (K / shape.G) * LEVELS);
    const isSalient = device.download(salient, new Uint8Array(K));
    const stream = await this.#stream(codes, N, K, 2);
    const values = { N, K, group: shape.G, levels: numbers, isSalient };
    const packed = packBlocks(values, toBuffer('U8', [N, streamBytes(K, 2)], stream));
    return { packed, loss: this.#sum(losses, N) };
  }

  #visit(weights: Weights, { N, K }: Shape, dead: Address): Address {
    const out = this.#pool.take('visited', N * K * 8);
    this.#device.kernels.visit({ ...weights, order: 0, dead, N, K, out });
    return out;
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
    const groups = N * (K / G);
    const floats = (at: Address, count: number) => device.download(at, new Float32Array(count));
    const scales = floats(made.scales, N);
    const [means, deviations] = [floats(made.means, groups), floats(made.deviations, groups)];
    this.#check(method, linear, scales, 1);
    this.#check(method, linear, means, K / G);
    this.#check(method, linear, deviations, K / G);
    const zeros = Uint8Array.from(device.download(made.zeros, new Int16Array(N)));
    const rows = [N, streamBytes(K, 1)];
    const binary = toBuffer('U8', rows, await this.#stream(made.isBinary, N, K, 1));
    const low = toBuffer('U8', rows, await this.#stream(made.codes, N, K, 1));
    const { first, count } = firstOfRows(device, this.#pool, made.isBinary, N, K);
    const compact = this.#pool.take('high', count);
    device.kernels.gatherHigh({ marks: made.isBinary, codes: made.codes, first, N, K, high: compact });
    const high = count === 0 ? new Uint8Array(0) : await this.#stream(compact, 1, count, 7);
    return packPartly(
      { N, K, group: G, means, deviations, scales, zeros },
      { binary, low, high: toBuffer('U8', [high.length], high) },
    );
  }

  /** Codes as a stream of bits a row. */
  #stream(codes: Address, N: number, K: number, bits: number): Promise<Uint8Array> {
    const bytes = N * streamBytes(K, bits);
    const packed = this.#pool.take('packed', bytes);
    this.#device.kernels.pack({ codes, N, K, bits, packed });
    return this.#device.downloadAsync(packed, new Uint8Array(bytes));
  }

  /** Weights that are not finite have no levels either, and that is the better message. */
  #check(method: string, linear: DenseLinear, levels: Float32Array, columns: number): void {
    if (areFinite(levels)) return;
    checkWeights(method, linear);
    checkScales(method, linear.name, levels, columns);
  }

  #sum(losses: Address, N: number): number {
    return this.#device.download(losses, new Float64Array(N)).reduce((sum, loss) => sum + loss, 0);
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

function isFound(factor: FactorHandle): factor is CudaFactor {
  return factor instanceof CudaFactor && factor.state === 'found';
}
