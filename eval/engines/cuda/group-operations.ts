/** Steps of compression that treat every group by itself, on a GPU: the NormalFloat, and grids with fractional zeros. */
import { streamBytes } from '../../formats/bit-stream.ts';
import { packLevels } from '../../formats/codebook.ts';
import { packFloatGrids } from '../../formats/float-zeros.ts';
import type { PackedLinear } from '../../formats/format.ts';
import { informationCosts, shiftFactors } from '../../math/information.ts';
import { NF4_LEVELS } from '../../math/normal-float.ts';
import { checkGroup, checkScales, checkWeights } from '../../operations/checks.ts';
import { storedGrids } from '../../operations/cpu-groups.ts';
import type { DenseLinear, FloatGridRule, LevelRule } from '../../operations/operations.ts';
import type { Device } from './device.ts';
import { DeviceLinear } from './device-linear.ts';
import { areFinite, weightsOf } from './device-weights.ts';
import type { HostBytes } from './host-bytes.ts';
import type { Address } from './kernels.ts';
import type { Pool } from './pool.ts';

const LEVEL_BITS = 4;

export class GroupOperations {
  readonly #device: Device;
  readonly #pool: Pool<string>;
  readonly #host: HostBytes;

  constructor(device: Device, pool: Pool<string>, host: HostBytes) {
    this.#device = device;
    this.#pool = pool;
    this.#host = host;
  }

  async roundToLevels(method: string, linear: DenseLinear, rule: LevelRule): Promise<PackedLinear> {
    const { N, K } = linear;
    const G = checkGroup(method, linear, rule.group);
    const { kernels } = this.#device;
    const weights = weightsOf(this.#device, this.#pool, method, linear);
    const factors = rule.calibrated ? shiftFactors() : null;
    const made = this.#results(N, K, G);
    kernels.roundLevels({
      ...{ ...weights, N, K, G, levels: this.#upload('levels', NF4_LEVELS) },
      ...{ factors: factors === null ? 0 : this.#upload('factors', factors), F: factors?.length ?? 0 },
      costs: factors === null ? 0 : this.#upload('costs', informationCosts(G)),
      ...{ codes: made.codes, absmax: made.first, shifts: factors === null ? 0 : made.second },
    });
    const absmax = this.#floats(made.first, (N * K) / G);
    // A group with a weight that is not finite has no scale either.
    if (!areFinite(absmax)) checkWeights(method, linear);
    const shifts = factors === null ? null : this.#floats(made.second, absmax.length);
    const grids = storedGrids({ N, K, group: G }, absmax, shifts);
    return packLevels(grids, await this.#stream(made.codes, N, K, LEVEL_BITS));
  }

  async solveZeros(method: string, linear: DenseLinear, rule: FloatGridRule): Promise<PackedLinear> {
    const { N, K, name } = linear;
    const { bits } = rule;
    const G = checkGroup(method, linear, rule.group);
    const weights = weightsOf(this.#device, this.#pool, method, linear);
    const made = this.#results(N, K, G);
    const { codes, first, second } = made;
    this.#device.kernels.halfQuadratic({ ...weights, N, K, G, bits, codes, scales: first, zeros: second });
    const scales = this.#floats(first, (N * K) / G);
    if (!areFinite(scales)) {
      checkWeights(method, linear);
      checkScales(method, name, scales, K / G);
    }
    const zeros = this.#floats(second, scales.length);
    return packFloatGrids({ N, K, bits, group: G, scales, zeros }, await this.#stream(codes, N, K, bits));
  }

  async takeColumns(linear: DenseLinear, columns: Int32Array): Promise<DeviceLinear> {
    const { name, N, K } = linear;
    const { w, dtype } = weightsOf(this.#device, this.#pool, 'operations', linear);
    const C = columns.length;
    const out = this.#pool.take('taken', 4 * N * C);
    const at = this.#upload('taken columns', columns);
    this.#device.kernels.takeColumns({ dtype, w, columns: at, N, K, C, out });
    return new DeviceLinear(this.#device, { name, N, K: C }, { at: out, dtype });
  }

  /** Places for codes and two numbers a group. */
  #results(N: number, K: number, G: number) {
    const take = (name: string, bytes: number) => this.#pool.take(name, bytes);
    const bytes = (4 * N * K) / G;
    return { codes: take('codes', N * K), first: take('scales', bytes), second: take('zeros', bytes) };
  }

  #upload(name: string, values: NodeJS.ArrayBufferView): Address {
    const at = this.#pool.take(name, values.byteLength);
    this.#device.upload(at, values);
    return at;
  }

  #floats(at: Address, count: number): Float32Array {
    return this.#device.download(at, new Float32Array(count));
  }

  async #stream(codes: Address, N: number, K: number, bits: number): Promise<Uint8Array> {
    const bytes = N * streamBytes(K, bits);
    const packed = this.#pool.take('packed', bytes);
    this.#device.kernels.pack({ codes, N, K, bits, packed });
    return this.#host.download(packed, bytes, this.#pool.watch(['packed']));
  }
}
