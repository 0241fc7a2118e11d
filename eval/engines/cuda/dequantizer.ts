/** Turns packed linears into weights in device memory: their bytes are uploaded, all else happens there. */

import { binaryBlocks } from '../../formats/binary-blocks.ts';
import { codebook, openLevels, scalesOf } from '../../formats/codebook.ts';
import { dualBinary } from '../../formats/dual-binary.ts';
import { floatZeros, openFloatGrids } from '../../formats/float-zeros.ts';
import type { PackedLinear } from '../../formats/format.ts';
import { incoherent, openIncoherent } from '../../formats/incoherent.ts';
import { dequantizeTurned } from '../../formats/index.ts';
import { inputRotationOf } from '../../formats/input-rotation.ts';
import { inputScaleOf } from '../../formats/input-scale.ts';
import { intGrouped, openStream } from '../../formats/int-grouped.ts';
import { mixedColumns, otherColumns } from '../../formats/mixed-columns.ts';
import { mixedGroups } from '../../formats/mixed-groups.ts';
import { partlyBinary } from '../../formats/partly-binary.ts';
import { sparse } from '../../formats/sparse.ts';
import { sparseInt } from '../../formats/sparse-int.ts';
import { weightMixings } from '../../math/incoherence.ts';
import { NF4_LEVELS } from '../../math/normal-float.ts';
import { writeBinaryBlocks, writeDualBinary, writeMixedGroups, writePartlyBinary } from './binary-weights.ts';
import type { Device } from './device.ts';
import { convert, type DeviceMatrix } from './device-linear.ts';
import type { HostBytes } from './host-bytes.ts';
import { BL } from './kernels.gen.ts';
import type { Address } from './kernels.ts';
import { Mixer } from './mixer.ts';
import { type DeviceHeap, Pool } from './pool.ts';
import { SparseWriter } from './sparse-weights.ts';

type Upload = 'packed' | 'levels' | 'scales' | 'zeros' | 'shifts' | 'columns' | 'values';

export class Dequantizer {
  readonly #device: Device;
  readonly #mixer: Mixer;
  readonly #pool: Pool<string>;
  readonly #sparse: SparseWriter;
  readonly #host: HostBytes;

  /** @param host  from where packed linears of this device came */
  constructor(device: Device, heap: DeviceHeap, host: HostBytes) {
    this.#device = device;
    this.#host = host;
    this.#pool = new Pool(heap);
    this.#sparse = new SparseWriter(device, heap);
    this.#mixer = new Mixer(device, heap);
  }

  /** ŵ rounded to the type of `to`, `[N, K]`; queued. Throws `format/damaged`, `format/unknown`. */
  write(packed: PackedLinear, to: DeviceMatrix): void {
    const scale = inputScaleOf(packed);
    if (scale === null) this.#writeUnscaled(packed, to);
    else this.#writeScaled(packed, scale, to);
  }

  #writeUnscaled(packed: PackedLinear, to: DeviceMatrix): void {
    const seed = inputRotationOf(packed);
    if (seed === null) this.#writeTurned(packed, to);
    else this.#writeRotated(packed, seed, to);
  }

  /** In the basis that its codes are in. */
  #writeTurned(packed: PackedLinear, to: DeviceMatrix): void {
    if (packed.format === intGrouped.id) this.#writeCodes(packed, to);
    else if (packed.format === codebook.id) this.#writeLevels(packed, to);
    else if (packed.format === floatZeros.id) this.#writeFloatGrids(packed, to);
    else if (packed.format === mixedColumns.id) this.#writeMixed(packed, to);
    else if (packed.format === sparse.id || packed.format === sparseInt.id) this.#sparse.write(packed, to);
    else if (packed.format === incoherent.id) this.#writeIncoherent(packed, to);
    else if (packed.format === partlyBinary.id) writePartlyBinary(packed, this.#device, this.#pool, to);
    else if (packed.format === binaryBlocks.id) writeBinaryBlocks(packed, this.#device, this.#pool, to);
    else if (packed.format === dualBinary.id) writeDualBinary(packed, this.#device, this.#pool, to);
    else if (packed.format === mixedGroups.id) writeMixedGroups(packed, this.#device, this.#pool, to);
    else this.#writeValues(dequantizeTurned(packed), packed, to);
  }

  /** Of a layout that no kernel reads. */
  #writeValues(values: Float32Array, shape: Pick<PackedLinear, 'N' | 'K'>, to: DeviceMatrix): void {
    this.#move(this.#upload('values', values), shape, to);
  }

  /** Float32 `[N, K]` rounded to the type of `to`. */
  #move(x: Address, shape: Pick<PackedLinear, 'N' | 'K'>, to: DeviceMatrix): void {
    convert(this.#device, shape, { at: x, dtype: BL.F32 }, to);
  }

  /** Of a linear that divides its input; in float32 before its columns are divided, so that it is rounded only once. */
  #writeScaled(packed: PackedLinear, scale: Float32Array, { at, dtype }: DeviceMatrix): void {
    const { N, K } = packed;
    const w = this.#pool.take('unscaled', N * K * 4);
    this.#writeUnscaled(packed, { at: w, dtype: BL.F32 });
    const inverses = Float64Array.from(scale, (factor) => 1 / factor);
    const columns = this.#pool.take('factors', inverses.byteLength);
    this.#device.upload(columns, inverses);
    this.#device.kernels.scaleWeights({
      ...{ dtype: BL.F32, w, columns, rows: 0, N, K, outDtype: dtype, out: at },
    });
  }

  /** In float32 before it is turned back, so that it is rounded to the type of `to` only once. */
  #writeRotated(packed: PackedLinear, seed: number, { at, dtype }: DeviceMatrix): void {
    const { N, K } = packed;
    const x = this.#pool.take('turned', N * K * 4);
    this.#writeTurned(packed, { at: x, dtype: BL.F32 });
    this.#device.kernels.rotateRows({
      ...{ xDtype: BL.F32, x, xStride: K, outDtype: dtype, out: at, outStride: K },
      ...{ M: N, width: K, seed, inverse: 1 },
    });
  }

  #writeCodes(packed: PackedLinear, to: DeviceMatrix): void {
    const { N, K, bits, group: G, stream, scales, zeros, groupOfColumn } = openStream(packed);
    this.#device.kernels.dequantize({
      ...{ codes: this.#unpack(stream, N, K, bits), N, K, G, dtype: to.dtype, out: to.at },
      scales: this.#upload('scales', scales),
      zeros: this.#upload('zeros', zeros ?? new Int16Array(scales.length).fill(2 ** (bits - 1))),
      groupOfColumn: groupOfColumn === null ? 0 : this.#upload('columns', groupOfColumn),
    });
  }

  #writeLevels(packed: PackedLinear, to: DeviceMatrix): void {
    const grids = openLevels(packed);
    const { N, K, group: G, stream } = grids;
    const { absmax, shifts } = scalesOf(grids);
    this.#device.kernels.dequantizeCodebook({
      ...{ codes: this.#unpack(stream, N, K, 4), levels: this.#upload('levels', NF4_LEVELS), zeros: 0 },
      scales: this.#upload('scales', absmax),
      shifts: shifts === null ? 0 : this.#upload('shifts', shifts),
      ...{ N, K, G, dtype: to.dtype, out: to.at },
    });
  }

  #writeFloatGrids(packed: PackedLinear, to: DeviceMatrix): void {
    const { N, K, bits, group: G, stream, scales, zeros } = openFloatGrids(packed);
    this.#device.kernels.dequantizeCodebook({
      ...{ codes: this.#unpack(stream, N, K, bits), levels: 0, shifts: 0 },
      ...{ scales: this.#upload('scales', scales), zeros: this.#upload('zeros', zeros) },
      ...{ N, K, G, dtype: to.dtype, out: to.at },
    });
  }

  #writeMixed(packed: PackedLinear, to: DeviceMatrix): void {
    const { N, K, coded, columns, values } = mixedColumns.unpack(packed);
    const { kernels } = this.#device;
    const from = this.#pool.take('part', 4 * N * K);
    const put = (own: Int32Array) => {
      const at = this.#upload('columns', own);
      kernels.putColumns({ dtype: to.dtype, from, columns: at, N, K, C: own.length, out: to.at });
    };
    if (coded !== null) {
      this.#writeCodes(coded, { at: from, dtype: to.dtype });
      put(otherColumns(columns, K));
    }
    if (columns.length === 0) return;
    this.#writeValues(values, { N, K: columns.length }, { at: from, dtype: to.dtype });
    put(Int32Array.from(columns));
  }

  /** Codes in their basis, in float64, are turned back. */
  #writeIncoherent(packed: PackedLinear, to: DeviceMatrix): void {
    const values = openIncoherent(packed);
    const { N, K, bits, stream, end } = values;
    const { kernels } = this.#device;
    const flat = this.#pool.take('values', N * K * 4);
    kernels.dequantizeCodebook({
      ...{ codes: this.#unpack(stream, N, K, bits), levels: 0, shifts: 0 },
      scales: this.#upload('scales', new Float32Array(N).fill((2 * end) / (2 ** bits - 1))),
      zeros: this.#upload('zeros', new Float32Array(N).fill((2 ** bits - 1) / 2)),
      ...{ N, K, G: K, dtype: BL.F32, out: flat },
    });
    const wide = this.#pool.take('wide', N * K * 8);
    kernels.visit({ dtype: BL.F32, w: flat, order: 0, dead: 0, N, K, out: wide });
    this.#mixer.mix(wide, [N, K], weightMixings(N, values, true), { at: flat, isFloat32: true, added: 0 });
    this.#move(flat, { N, K }, to);
  }

  #unpack(stream: Uint8Array, N: number, K: number, bits: number): Address {
    const codes = this.#pool.take('codes', N * K);
    const at = this.#host.placeOf(stream) ?? this.#upload('packed', stream);
    this.#device.kernels.unpack({ packed: at, N, K, bits, codes });
    return codes;
  }

  #upload(name: Upload, values: NodeJS.ArrayBufferView): Address {
    const at = this.#pool.take(name, values.byteLength);
    this.#device.upload(at, values);
    return at;
  }

  release(): void {
    this.#pool.release();
    this.#sparse.release();
    this.#mixer.release();
  }
}
