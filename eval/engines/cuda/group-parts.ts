/** What operations on a device that make codes and numbers of groups have in common: live weights, places, streams and checks. */
import { streamBytes } from '../../formats/bit-stream.ts';
import { BLOCK } from '../../math/column-loop.ts';
import { checkScales, checkWeights } from '../../operations/checks.ts';
import type { DenseLinear } from '../../operations/operations.ts';
import type { Device } from './device.ts';
import type { Shape } from './device-codes.ts';
import { areFinite, weightsOf } from './device-weights.ts';
import type { HostBytes } from './host-bytes.ts';
import type { Address } from './kernels.ts';
import type { Pool } from './pool.ts';

export class GroupParts {
  readonly #device: Device;
  readonly #pool: Pool<string>;
  readonly #host: HostBytes;

  constructor(device: Device, pool: Pool<string>, host: HostBytes) {
    this.#device = device;
    this.#pool = pool;
    this.#host = host;
  }

  /** Float64 `[N, K]`, with zeros for dead inputs; valid until the next call. Throws `method/shape`. */
  visit(method: string, linear: DenseLinear, dead: Address): Address {
    const { N, K } = linear;
    const weights = weightsOf(this.#device, this.#pool, method, linear);
    const out = this.#pool.take('visited', N * K * 8);
    this.#device.kernels.visit({ ...weights, order: 0, dead, N, K, out });
    return out;
  }

  /** For codes and two numbers a group. */
  places({ N, K, G }: Shape) {
    const take = (name: string, bytes: number) => this.#pool.take(name, bytes);
    const bytes = 4 * N * (K / G);
    return { codes: take('codes', N * K), first: take('scales', bytes), second: take('zeros', bytes) };
  }

  /** For what a column loop notes of its errors. */
  feedback(N: number) {
    const take = (name: string, bytes: number) => this.#pool.take(name, bytes);
    return { losses: take('losses', N * 8), errors: take('errors', N * BLOCK * 8) };
  }

  /** Codes as a stream of bits a row. */
  stream(codes: Address, N: number, K: number, bits: number): Promise<Uint8Array> {
    const bytes = N * streamBytes(K, bits);
    const packed = this.#pool.take('packed', bytes);
    this.#device.kernels.pack({ codes, N, K, bits, packed });
    return this.#host.download(packed, bytes, this.#pool.watch(['packed']));
  }

  /** Downloads levels and checks them. Throws `method/not-finite`, `method/scale-too-large`. */
  levels(method: string, linear: DenseLinear, at: Address, count: number, columns: number): Float32Array {
    const levels = this.#device.download(at, new Float32Array(count));
    if (areFinite(levels)) return levels;
    // Weights that are not finite have no levels either, and that is the better message.
    checkWeights(method, linear);
    checkScales(method, linear.name, levels, columns);
    return levels;
  }

  upload(name: string, values: NodeJS.ArrayBufferView): Address {
    const at = this.#pool.take(name, values.byteLength);
    this.#device.upload(at, values);
    return at;
  }
}
