/** Writes pruned matrices into device memory: bytes as stored are uploaded, all else happens there. */

import { formatErrors } from '../../errors/method.ts';
import { streamBytes } from '../../formats/bit-stream.ts';
import { bytesOf } from '../../formats/buffers.ts';
import type { PackedLinear } from '../../formats/format.ts';
import { openGrids } from '../../formats/int-grouped.ts';
import { codeBits, readPattern } from '../../formats/kept-mask.ts';
import { sparse } from '../../formats/sparse.ts';
import { VALUE_BYTES } from '../../math/value-type.ts';
import type { Device } from './device.ts';
import { convert, type DeviceMatrix } from './device-linear.ts';
import { countMask, type DeviceMask, openMask } from './kept-lists.ts';
import { BL } from './kernels.gen.ts';
import type { Address } from './kernels.ts';
import { VALUE_DTYPES } from './matrix.ts';
import { type DeviceHeap, Pool } from './pool.ts';

export class SparseWriter {
  readonly #device: Device;
  readonly #pool: Pool<string>;

  constructor(device: Device, heap: DeviceHeap) {
    this.#device = device;
    this.#pool = new Pool(heap);
  }

  /** ŵ of `sparse` or `sparse-int`, rounded to the type of `to`; waits for the count of kept weights. Throws `format/damaged`. */
  write(packed: PackedLinear, to: DeviceMatrix): void {
    const mask = this.#maskOf(packed);
    if (packed.format === sparse.id) this.#writeValues(packed, mask, to);
    else this.#writeCodes(packed, mask, to);
  }

  release(): void {
    this.#pool.release();
  }

  #maskOf(packed: PackedLinear): DeviceMask {
    const { N, K } = packed;
    const pattern = readPattern(packed);
    const [width, bits] = pattern === null ? [K, 1] : [K / pattern.m, codeBits(pattern)];
    const stream = bytesOf(packed, 'mask', 'U8', N * streamBytes(width, bits));
    const kept = openMask(this.#device, this.#pool, packed, pattern, stream);
    const mask = countMask(this.#device, this.#pool, { N, K, kept });
    const expected = pattern === null ? mask.count : ((N * K) / pattern.m) * (pattern.m - pattern.n);
    if (mask.count === expected) return mask;
    throw formatErrors.damaged(packed.format, `the mask keeps ${mask.count} weights, expected ${expected}`);
  }

  #writeValues(packed: PackedLinear, mask: DeviceMask, to: DeviceMatrix): void {
    const name = packed.buffers.values?.dtype;
    if (name !== 'BF16' && name !== 'F16' && name !== 'F32')
      throw formatErrors.damaged('sparse', `values are ${name ?? 'missing'}, expected BF16, F16 or F32`);
    const [dtype, size] = [VALUE_DTYPES[name], VALUE_BYTES[name]];
    const list = this.#upload('list', bytesOf(packed, 'values', name, mask.count * size));
    if (dtype === to.dtype) {
      this.#scatter(mask, size, list, to.at);
      return;
    }
    const { N, K } = mask;
    const all = this.#pool.take('all', N * K * size);
    this.#scatter(mask, size, list, all);
    convert(this.#device, mask, { at: all, dtype }, to);
  }

  #writeCodes(packed: PackedLinear, mask: DeviceMask, to: DeviceMatrix): void {
    const { N, K, kept, count } = mask;
    const { bits, group: G, scales, zeros } = openGrids(packed);
    const { kernels } = this.#device;
    const stream = this.#upload('packed', bytesOf(packed, 'codes', 'U8', streamBytes(count, bits)));
    const list = this.#pool.take('list', count);
    if (count > 0) kernels.unpack({ packed: stream, N: 1, K: count, bits, codes: list });
    const codes = this.#pool.take('all', N * K);
    this.#scatter(mask, 1, list, codes);
    const dense = this.#pool.take('dense', N * K * 4);
    kernels.dequantize({
      ...{ codes, N, K, G, dtype: BL.F32, out: dense, groupOfColumn: 0 },
      scales: this.#upload('scales', scales),
      zeros: this.#upload('zeros', zeros ?? new Int16Array(scales.length).fill(2 ** (bits - 1))),
    });
    kernels.maskWeights({ dtype: BL.F32, w: dense, kept, n: N * K, out: dense });
    convert(this.#device, mask, { at: dense, dtype: BL.F32 }, to);
  }

  #scatter({ N, K, kept, offsets }: DeviceMask, size: number, list: Address, all: Address): void {
    this.#device.kernels.scatterKept({ size, list, kept, offsets, N, K, all });
  }

  #upload(name: string, values: NodeJS.ArrayBufferView): Address {
    const at = this.#pool.take(name, values.byteLength);
    this.#device.upload(at, values);
    return at;
  }
}
