/** Pruned matrices on their way from device memory to packed linears. */
import { streamBytes } from '../../formats/bit-stream.ts';
import { type PackedLinear, toBuffer } from '../../formats/format.ts';
import { packGrids } from '../../formats/int-grouped.ts';
import { patternAttributes, patternOf } from '../../formats/kept-mask.ts';
import { VALUE_BYTES, type ValueType } from '../../math/value-type.ts';
import { checkScales } from '../../operations/checks.ts';
import type { DenseLinear, GridRule } from '../../operations/operations.ts';
import type { PruneColumnsRule } from '../../operations/pruning.ts';
import type { Device } from './device.ts';
import { convert } from './device-linear.ts';
import { relativeErrorOf, type Weights } from './device-weights.ts';
import type { HostBytes } from './host-bytes.ts';
import { type DeviceMask, storeMask } from './kept-lists.ts';
import { BL } from './kernels.gen.ts';
import type { Address } from './kernels.ts';
import { VALUE_DTYPES } from './matrix.ts';
import type { PackedHere } from './packed-here.ts';
import type { Pool } from './pool.ts';

/** Codes and grids of a matrix, all of it. */
export interface DeviceGrids {
  readonly codes: Address;
  readonly scales: Address;
  readonly zeros: Address;
  readonly G: number;
}

export class PrunedPacker {
  readonly #device: Device;
  readonly #pool: Pool<string>;
  readonly #here: PackedHere;
  readonly #host: HostBytes;

  constructor(device: Device, pool: Pool<string>, here: PackedHere, host: HostBytes) {
    this.#host = host;
    this.#device = device;
    this.#pool = pool;
    this.#here = here;
  }

  /** @param restored  float32 `[N, K]`, all of the type */
  async values(
    mask: DeviceMask,
    { sparsity }: PruneColumnsRule,
    restored: Address,
    type: ValueType,
  ): Promise<PackedLinear> {
    const { N, K, count } = mask;
    const size = VALUE_BYTES[type];
    let all = restored;
    if (type !== 'F32') {
      all = this.#pool.take('typed', N * K * size);
      const typed = { at: all, dtype: VALUE_DTYPES[type] };
      convert(this.#device, mask, { at: restored, dtype: BL.F32 }, typed);
    }
    const bytes = await this.#host.download(this.#gather(mask, size, all), count * size);
    const pattern = patternOf(sparsity);
    const buffer = await storeMask(this.#device, this.#pool, this.#host, mask, pattern);
    const values = { dtype: type, shape: [count], bytes };
    return {
      format: 'sparse',
      N,
      K,
      attributes: { ...patternAttributes(pattern) },
      buffers: { mask: buffer, values },
    };
  }

  async codes(
    method: string,
    { name }: DenseLinear,
    mask: DeviceMask,
    { sparsity }: PruneColumnsRule,
    { bits, symmetric }: GridRule,
    { codes, scales: scalesAt, zeros: zerosAt, G }: DeviceGrids,
  ): Promise<PackedLinear> {
    const { N, K, count } = mask;
    const bytes = streamBytes(count, bits);
    const packed = this.#pool.take('packed', bytes);
    if (count > 0)
      this.#device.kernels.pack({ codes: this.#gather(mask, 1, codes), N: 1, K: count, bits, packed });
    const scales = this.#device.download(scalesAt, new Float32Array((N * K) / G));
    const zeros = this.#device.download(zerosAt, new Int16Array(scales.length));
    checkScales(method, name, scales, K / G);
    const stream = await this.#host.download(packed, bytes);
    const pattern = patternOf(sparsity);
    const buffer = await storeMask(this.#device, this.#pool, this.#host, mask, pattern);
    const grids = { N, K, bits, group: G, scales, zeros: symmetric ? null : zeros, groupOfColumn: null };
    return {
      ...{ format: 'sparse-int', N, K, attributes: { bits, group: G, ...patternAttributes(pattern) } },
      buffers: { mask: buffer, codes: toBuffer('U8', [bytes], stream), ...packGrids(grids) },
    };
  }

  /** ŵ of kept codes, float32 `[N, K]`. */
  restore({ N, K, kept }: DeviceMask, { codes, scales, zeros, G }: DeviceGrids): Address {
    const { kernels } = this.#device;
    const out = this.#pool.take('restored', N * K * 4);
    kernels.dequantize({ codes, scales, zeros, groupOfColumn: 0, N, K, G, dtype: BL.F32, out });
    kernels.maskWeights({ dtype: BL.F32, w: out, kept, n: N * K, out });
    return out;
  }

  /** Notes the error of a packed linear, and that its values are there: `restored` is what `restore`, a mask or a column loop made. */
  note(packed: PackedLinear, weights: Weights, restored: Address): PackedLinear {
    const { N, K } = packed;
    const { kernels } = this.#device;
    const sums = this.#pool.take('sums', 16 * N);
    kernels.weightErrors({ ...weights, restored, N, K, sums });
    this.#here.noteError(packed, relativeErrorOf(this.#device, sums, N));
    this.#here.keepRestored(this.#device, packed, restored);
    return packed;
  }

  #gather({ N, K, kept, offsets, count }: DeviceMask, size: number, all: Address): Address {
    const list = this.#pool.take('list', count * size);
    this.#device.kernels.gatherKept({ size, all, kept, offsets, N, K, list });
    return list;
  }
}
