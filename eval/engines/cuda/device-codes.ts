/** Codes of linears in device memory, and how they become packed linears. */
import { streamBytes } from '../../formats/bit-stream.ts';
import type { PackedLinear } from '../../formats/format.ts';
import { packStream } from '../../formats/int-grouped.ts';
import type { AffineRule } from '../../math/affine.ts';
import { checkGroup, checkScales, checkWeights } from '../../operations/checks.ts';
import type { DenseLinear, GridRule } from '../../operations/operations.ts';
import type { Device } from './device.ts';
import { areFiniteHalves, relativeErrorOf, type Weights, weightsOf } from './device-weights.ts';
import type { HostBytes } from './host-bytes.ts';
import { BL } from './kernels.gen.ts';
import type { Address } from './kernels.ts';
import type { PackedHere } from './packed-here.ts';
import type { Pool } from './pool.ts';

export interface Shape {
  readonly N: number;
  readonly K: number;
  /** Group size, resolved. */
  readonly G: number;
}

/** Where kernels write them: uint8 `[N, K]`, float32 and int16 `[N, K/G]`. */
export interface CodePlaces {
  readonly codes: Address;
  readonly scales: Address;
  readonly zeros: Address;
}

/** Codes of a linear, columns in their original order. */
export interface DeviceCodes extends Shape, CodePlaces {
  readonly bits: number;
  readonly groupOfColumn: Uint16Array | null;
}

/** Throws `method/group-size`, `method/group-count`. */
export function shapeOf(method: string, linear: DenseLinear, { group }: Pick<GridRule, 'group'>): Shape {
  return { N: linear.N, K: linear.K, G: checkGroup(method, linear, group) };
}

export class CodePacker {
  readonly #device: Device;
  readonly #pool: Pool<string>;
  readonly #here: PackedHere;
  readonly #host: HostBytes;
  #zeros = new Int16Array(0);

  constructor(device: Device, pool: Pool<string>, here: PackedHere, host: HostBytes) {
    this.#host = host;
    this.#device = device;
    this.#pool = pool;
    this.#here = here;
  }

  /** Packs what `round` queues. */
  async roundWith(
    method: string,
    linear: DenseLinear,
    rule: GridRule,
    round: (weights: Weights, places: CodePlaces) => void,
  ): Promise<PackedLinear> {
    const shape = shapeOf(method, linear, rule);
    const weights = weightsOf(this.#device, this.#pool, method, linear);
    const made = this.allocate(shape, rule, null);
    const { codes, scales, zeros } = made;
    round(weights, { codes, scales, zeros });
    return this.pack(method, linear, weights, made, rule);
  }

  allocate(shape: Shape, { bits }: AffineRule, groupOfColumn: Uint16Array | null): DeviceCodes {
    const { N, K, G } = shape;
    const take = (name: string, bytes: number) => this.#pool.take(name, bytes);
    const grids = (N * K) / G;
    const places = {
      codes: take('codes', N * K),
      scales: take('scales', 4 * grids),
      zeros: take('zeros', 2 * grids),
    };
    return { ...shape, bits, ...places, groupOfColumn };
  }

  /** Downloads codes as a stream of bits, checks the grids and notes the error. */
  async pack(
    method: string,
    linear: DenseLinear,
    weights: Weights,
    made: DeviceCodes,
    rule: GridRule,
  ): Promise<PackedLinear> {
    const { N, K, G, bits, codes, groupOfColumn } = made;
    const device = this.#device;
    const pool = this.#pool;
    const packed = pool.take('packed', N * streamBytes(K, bits));
    device.kernels.pack({ codes, N, K, bits, packed });
    const sums = pool.take('sums', 16 * N);
    const columns = this.#columns(groupOfColumn);
    device.kernels.codeErrors({ ...weights, ...made, groupOfColumn: columns, sums });
    const scales = this.#halfScales(method, linear, made);
    const zeros = device.download(made.zeros, this.#zerosOf(scales.length));
    const stream = await this.#host.download(packed, N * streamBytes(K, bits), pool.watch(['packed']));
    const values = { N, K, bits, group: G, scales, zeros: rule.symmetric ? null : zeros, groupOfColumn };
    const result = packStream(values, stream);
    this.#here.noteError(result, relativeErrorOf(device, sums, N));
    this.#here.keep(result, ['codes', 'scales', 'zeros', 'columns'], ({ at, dtype }) =>
      device.kernels.dequantize({ ...made, groupOfColumn: columns, dtype, out: at }),
    );
    return result;
  }

  /** Bits of the scales in half precision. Throws `method/not-finite`, `method/scale-too-large`. */
  #halfScales(method: string, linear: DenseLinear, { N, K, G, scales }: DeviceCodes): Uint16Array {
    const width = (N * K) / G;
    const out = this.#pool.take('half scales', 2 * width);
    this.#device.kernels.move({
      ...{ xDtype: BL.F32, x: scales, xOuter: width, xInner: 0, outDtype: BL.F16, out, outOuter: width },
      ...{ outInner: 0, outer: 1, inner: 1, width },
    });
    const halves = this.#device.download(out, new Uint16Array(width));
    if (areFiniteHalves(halves)) return halves;
    // A group with a weight that is not finite has no scale either, and that is the better message.
    checkWeights(method, linear);
    const exact = this.#device.download(scales, new Float32Array(width));
    checkScales(method, linear.name, exact, K / G);
    return halves;
  }

  /** Room for zeros until the next linear: packing copies them. */
  #zerosOf(count: number): Int16Array {
    if (this.#zeros.length < count) this.#zeros = new Int16Array(count);
    return this.#zeros.subarray(0, count);
  }

  #columns(groupOfColumn: Uint16Array | null): Address {
    const at = this.#pool.take('columns', groupOfColumn?.byteLength ?? 1);
    if (groupOfColumn === null) return 0;
    this.#device.upload(at, groupOfColumn);
    return at;
  }
}
