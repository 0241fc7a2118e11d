/** Steps of compression that treat every group by itself, on a GPU: the NormalFloat, and grids with fractional zeros. */
import { packLevels } from '../../formats/codebook.ts';
import { packFloatGrids } from '../../formats/float-zeros.ts';
import type { PackedLinear } from '../../formats/format.ts';
import { informationCosts, shiftFactors } from '../../math/information.ts';
import { NF4_LEVELS } from '../../math/normal-float.ts';
import { checkGroup } from '../../operations/checks.ts';
import { storedGrids } from '../../operations/cpu-groups.ts';
import type { DenseLinear, FloatGridRule, LevelRule } from '../../operations/operations.ts';
import type { Device } from './device.ts';
import { DeviceLinear } from './device-linear.ts';
import { weightsOf } from './device-weights.ts';
import { GroupParts } from './group-parts.ts';
import type { HostBytes } from './host-bytes.ts';
import type { Pool } from './pool.ts';

const LEVEL_BITS = 4;

export class GroupOperations {
  readonly #device: Device;
  readonly #pool: Pool<string>;
  readonly #parts: GroupParts;

  constructor(device: Device, pool: Pool<string>, host: HostBytes) {
    this.#device = device;
    this.#pool = pool;
    this.#parts = new GroupParts(device, pool, host);
  }

  async roundToLevels(method: string, linear: DenseLinear, rule: LevelRule): Promise<PackedLinear> {
    const { N, K } = linear;
    const G = checkGroup(method, linear, rule.group);
    const { kernels } = this.#device;
    const weights = weightsOf(this.#device, this.#pool, method, linear);
    const factors = rule.calibrated ? shiftFactors() : null;
    const parts = this.#parts;
    const made = parts.places({ N, K, G });
    kernels.roundLevels({
      ...{ ...weights, N, K, G, levels: parts.upload('levels', NF4_LEVELS) },
      ...{ factors: factors === null ? 0 : parts.upload('factors', factors), F: factors?.length ?? 0 },
      costs: factors === null ? 0 : parts.upload('costs', informationCosts(G)),
      ...{ codes: made.codes, absmax: made.first, shifts: factors === null ? 0 : made.second },
    });
    const absmax = parts.levels(method, linear, made.first, (N * K) / G, K / G);
    const shifts =
      factors === null ? null : this.#device.download(made.second, new Float32Array(absmax.length));
    const grids = storedGrids({ N, K, group: G }, absmax, shifts);
    return packLevels(grids, await parts.stream(made.codes, N, K, LEVEL_BITS));
  }

  async solveZeros(method: string, linear: DenseLinear, rule: FloatGridRule): Promise<PackedLinear> {
    const { N, K } = linear;
    const { bits } = rule;
    const G = checkGroup(method, linear, rule.group);
    const weights = weightsOf(this.#device, this.#pool, method, linear);
    const parts = this.#parts;
    const { codes, first, second } = parts.places({ N, K, G });
    this.#device.kernels.halfQuadratic({ ...weights, N, K, G, bits, codes, scales: first, zeros: second });
    const scales = parts.levels(method, linear, first, (N * K) / G, K / G);
    const zeros = this.#device.download(second, new Float32Array(scales.length));
    return packFloatGrids({ N, K, bits, group: G, scales, zeros }, await parts.stream(codes, N, K, bits));
  }

  async takeColumns(linear: DenseLinear, columns: Int32Array): Promise<DeviceLinear> {
    const { name, N, K } = linear;
    const { w, dtype } = weightsOf(this.#device, this.#pool, 'operations', linear);
    const C = columns.length;
    const out = this.#pool.take('taken', 4 * N * C);
    const at = this.#parts.upload('taken columns', columns);
    this.#device.kernels.takeColumns({ dtype, w, columns: at, N, K, C, out });
    return new DeviceLinear(this.#device, { name, N, K: C }, { at: out, dtype });
  }
}
