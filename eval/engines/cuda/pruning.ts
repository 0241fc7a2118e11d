/** Pruning on a GPU. Masks, values and codes are those of eval/operations/cpu-pruning.ts. */
import type { PackedLinear } from '../../formats/format.ts';
import { prunedCount } from '../../math/smallest.ts';
import type { ValueType } from '../../math/value-type.ts';
import { checkGroup, checkPattern, checkPatternGroup, checkWeights } from '../../operations/checks.ts';
import { hostPruning } from '../../operations/cpu-pruning.ts';
import type { DenseLinear, FactorHandle, RoundedColumns } from '../../operations/operations.ts';
import type { PruneColumnsRule, PruneRule, PruningOperations } from '../../operations/pruning.ts';
import type { Device } from './device.ts';
import { sumOfRows, type Weights, weightsOf } from './device-weights.ts';
import { type CudaFactor, isFound } from './hessians.ts';
import type { HostBytes } from './host-bytes.ts';
import { countMask } from './kept-lists.ts';
import { BL } from './kernels.gen.ts';
import type { Address } from './kernels.ts';
import { VALUE_DTYPES } from './matrix.ts';
import type { PackedHere } from './packed-here.ts';
import type { Pool } from './pool.ts';
import { type DeviceGrids, PrunedPacker } from './pruned-packer.ts';
import { ERROR_COLUMNS, numbersOf } from './rule-numbers.ts';

/** Columns of a block of the column loop at most. */
const BLOCK_COLUMNS = 128;
/** Runs that the column loop chooses from; others are done on the host. */
const RUNS: readonly number[] = [2, 4, 8];
const NO_GRID = { bits: 0, symmetric: 0, range: BL.RANGE_ZERO, mse: 0 } as const;

export class CudaPruning implements PruningOperations {
  readonly #device: Device;
  readonly #pool: Pool<string>;
  readonly #packer: PrunedPacker;

  constructor(device: Device, pool: Pool<string>, here: PackedHere, host: HostBytes) {
    this.#device = device;
    this.#pool = pool;
    this.#packer = new PrunedPacker(device, pool, here, host);
  }

  async byScore(method: string, linear: DenseLinear, rule: PruneRule): Promise<PackedLinear> {
    checkPattern(method, linear, rule.sparsity);
    const { kernels } = this.#device;
    const { N, K } = linear;
    const G = rule.grid === null ? K : checkGroup(method, linear, rule.grid.group);
    const weights = weightsOf(this.#device, this.#pool, method, linear);
    const type = this.#typeOf(method, linear, weights);
    const scores = this.#pool.take('scores', N * K * 8);
    const scale = rule.scale === null ? 0 : this.#upload('column scale', rule.scale);
    kernels.pruneScores({ ...weights, scale, N, K, scores });
    const kept = this.#pool.take('kept', N * K);
    kernels.dropSmallest({ scores, ...segmentsOf(rule, N, K), kept, scratch: this.#scratch(N * K) });
    const restored = this.#pool.take('restored', N * K * 4);
    kernels.maskWeights({ ...weights, kept, n: N * K, out: restored });
    const mask = countMask(this.#device, this.#pool, { N, K, kept });
    if (rule.grid === null)
      return this.#packer.note(await this.#packer.values(mask, rule, restored, type), weights, restored);
    const grids = this.#grids(N, K, G);
    kernels.roundWeights({
      dtype: BL.F32,
      w: restored,
      importance: 0,
      ...numbersOf(rule.grid),
      N,
      K,
      ...grids,
    });
    const packed = await this.#packer.codes(method, linear, mask, rule, rule.grid, grids);
    return this.#packer.note(packed, weights, this.#packer.restore(mask, grids));
  }

  async byColumn(
    method: string,
    linear: DenseLinear,
    rule: PruneColumnsRule,
    factor: FactorHandle,
  ): Promise<RoundedColumns> {
    const { sparsity, grid } = rule;
    const { name, N, K } = linear;
    checkPattern(method, linear, sparsity);
    const G = grid === null ? K : checkGroup(method, linear, grid.group);
    checkPatternGroup(method, name, sparsity, G);
    const hasKernel = sparsity.kind === 'share' || (RUNS.includes(sparsity.m) && G % sparsity.m === 0);
    if (!hasKernel) return hostPruning.byColumn(method, linear, rule, factor);
    if (!isFound(factor)) throw new TypeError('[operations] the factor is not one that this device found.');
    const weights = weightsOf(this.#device, this.#pool, method, linear);
    const type = this.#typeOf(method, linear, weights);
    const grids = grid === null ? { codes: 0, scales: 0, zeros: 0, G: K } : this.#grids(N, K, G);
    const made = this.#loop(linear, rule, weights, factor, grids, type);
    const mask = countMask(this.#device, this.#pool, { N, K, kept: made.kept });
    const packed =
      grid === null
        ? await this.#packer.values(mask, rule, made.restored, type)
        : await this.#packer.codes(method, linear, mask, rule, grid, grids);
    const restored = grid === null ? made.restored : this.#packer.restore(mask, grids);
    this.#packer.note(packed, weights, restored);
    return { packed, loss: sumOfRows(this.#device, made.losses, N) };
  }

  /** Queues the column loop. */
  #loop(
    { N, K }: DenseLinear,
    { sparsity, grid }: PruneColumnsRule,
    weights: Weights,
    { at }: CudaFactor,
    { codes, scales, zeros, G }: DeviceGrids,
    type: ValueType,
  ) {
    const take = (name: string, bytes: number) => this.#pool.take(name, bytes);
    const w = take('visited', N * K * 8);
    this.#device.kernels.visit({ ...weights, order: 0, dead: at.dead, N, K, out: w });
    const made = {
      kept: take('kept', N * K),
      restored: grid === null ? take('restored', N * K * 4) : 0,
      losses: take('losses', N * 8),
    };
    const groupOfStep = this.#upload(
      'steps',
      Int32Array.from({ length: K }, (_, k) => Math.floor(k / G)),
    );
    const isRun = sparsity.kind === 'n:m';
    this.#device.kernels.pruneColumns({
      ...{ w, upper: at.upper, N, K, G, ...(grid === null ? NO_GRID : numbersOf(grid)) },
      ...{
        percent: isRun ? 0 : sparsity.percent,
        runN: isRun ? sparsity.n : 0,
        runM: isRun ? sparsity.m : 0,
      },
      ...{ valueType: VALUE_DTYPES[type], groupOfStep, fit: Number(grid !== null) },
      ...{ codes, scales, zeros, ...made },
      errors: take('errors', N * ERROR_COLUMNS * 8),
      scores: isRun ? 0 : take('scores', N * BLOCK_COLUMNS * 8),
      scratch: this.#scratch(N * BLOCK_COLUMNS),
    });
    return made;
  }

  /** The smallest type that holds every weight. Throws `method/not-finite`. */
  #typeOf(method: string, linear: DenseLinear, { w, dtype }: Weights): ValueType {
    const flags = this.#upload('flags', new Int32Array(3));
    this.#device.kernels.findTypes({ dtype, w, n: linear.N * linear.K, flags });
    const [noBfloat16, noFloat16, notFinite] = this.#device.download(flags, new Int32Array(3));
    if (notFinite !== 0) checkWeights(method, linear);
    if (noBfloat16 === 0) return 'BF16';
    return noFloat16 === 0 ? 'F16' : 'F32';
  }

  #grids(N: number, K: number, G: number): DeviceGrids {
    const take = (name: string, bytes: number) => this.#pool.take(name, bytes);
    const groups = (N * K) / G;
    return {
      codes: take('codes', N * K),
      scales: take('scales', 4 * groups),
      zeros: take('zeros', 2 * groups),
      G,
    };
  }

  /** For a selection from so many scores. */
  #scratch(scores: number): Address {
    return this.#pool.take('selection', 8256 + 8 * Math.ceil(scores / 2048));
  }

  #upload(name: string, values: NodeJS.ArrayBufferView): Address {
    const at = this.#pool.take(name, values.byteLength);
    this.#device.upload(at, values);
    return at;
  }
}

/** What the smallest scores are dropped from. */
function segmentsOf({ sparsity, scope }: PruneRule, N: number, K: number) {
  if (sparsity.kind === 'n:m')
    return { segments: (N * K) / sparsity.m, length: sparsity.m, count: sparsity.n };
  const length = scope === 'row' ? K : N * K;
  return { segments: (N * K) / length, length, count: prunedCount(sparsity.percent, length) };
}
