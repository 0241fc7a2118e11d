/** Turns packed linears into weights in device memory: their bytes are uploaded, all else happens there. */
import type { PackedLinear } from '../../formats/format.ts';
import { dequantize } from '../../formats/index.ts';
import { inputScaleOf } from '../../formats/input-scale.ts';
import { intGrouped, openStream } from '../../formats/int-grouped.ts';
import type { Device } from './device.ts';
import type { DeviceMatrix } from './device-linear.ts';
import { BL } from './kernels.gen.ts';
import { type DeviceHeap, Pool } from './pool.ts';

export class Dequantizer {
  readonly #device: Device;
  readonly #pool: Pool<'packed' | 'codes' | 'scales' | 'zeros' | 'columns' | 'values'>;

  constructor(device: Device, heap: DeviceHeap) {
    this.#device = device;
    this.#pool = new Pool(heap);
  }

  /** ŵ rounded to the type of `to`, `[N, K]`; queued. Throws `format/damaged`, `format/unknown`. */
  write(packed: PackedLinear, to: DeviceMatrix): void {
    if (packed.format === intGrouped.id && inputScaleOf(packed) === null) this.#writeCodes(packed, to);
    else this.#writeValues(dequantize(packed), packed, to);
  }

  /** Of a layout that no kernel reads. */
  #writeValues(values: Float32Array, { N, K }: PackedLinear, { at, dtype }: DeviceMatrix): void {
    const x = this.#pool.take('values', values.byteLength);
    this.#device.upload(x, values);
    this.#device.kernels.move({
      ...{ xDtype: BL.F32, x, xOuter: K, xInner: 0, outDtype: dtype, out: at, outOuter: K, outInner: 0 },
      ...{ outer: N, inner: 1, width: K },
    });
  }

  #writeCodes(packed: PackedLinear, to: DeviceMatrix): void {
    const { N, K, bits, group: G, stream, scales, zeros, groupOfColumn } = openStream(packed);
    const { kernels } = this.#device;
    const upload = (name: 'packed' | 'scales' | 'zeros' | 'columns', values: NodeJS.ArrayBufferView) => {
      const at = this.#pool.take(name, values.byteLength);
      this.#device.upload(at, values);
      return at;
    };
    const codes = this.#pool.take('codes', N * K);
    kernels.unpack({ packed: upload('packed', stream), N, K, bits, codes });
    kernels.dequantize({
      ...{ codes, scales: upload('scales', scales), N, K, G, dtype: to.dtype, out: to.at },
      zeros: upload('zeros', zeros ?? new Int16Array(scales.length).fill(2 ** (bits - 1))),
      groupOfColumn: groupOfColumn === null ? 0 : upload('columns', groupOfColumn),
    });
  }

  release(): void {
    this.#pool.release();
  }
}
