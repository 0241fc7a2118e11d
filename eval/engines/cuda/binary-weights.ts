/** Linears of signs, and of bits that differ by group, as weights in device memory: their bytes are uploaded, all else happens there. */
import { openBlocks } from '../../formats/binary-blocks.ts';
import { streamBytes } from '../../formats/bit-stream.ts';
import { bytesOf } from '../../formats/buffers.ts';
import { openDual } from '../../formats/dual-binary.ts';
import type { PackedLinear } from '../../formats/format.ts';
import { firstBytes, openMixed } from '../../formats/mixed-groups.ts';
import { openLevels } from '../../formats/partly-binary.ts';
import type { Device } from './device.ts';
import type { DeviceMatrix } from './device-linear.ts';
import { firstOfRows } from './first-of-rows.ts';
import type { Address } from './kernels.ts';
import type { Pool } from './pool.ts';

/** ŵ of `partly-binary`, rounded to the type of `to`; queued but for one count. Throws `format/damaged`. */
export function writePartlyBinary(
  packed: PackedLinear,
  device: Device,
  pool: Pool<string>,
  to: DeviceMatrix,
): void {
  const { N, K, group: G, means, deviations, scales, zeros } = openLevels(packed);
  const { kernels } = device;
  const plane = (name: string) => {
    const stream = bytesOf(packed, name, 'U8', N * streamBytes(K, 1));
    return unpacked(device, pool, name, stream, N, K, 1);
  };
  const [isBinary, codes] = [plane('binary'), plane('low')];
  const { first, count } = firstOfRows(device, pool, isBinary, N, K);
  const stream = bytesOf(packed, 'high', 'U8', streamBytes(count, 7));
  if (count > 0) {
    const high = unpacked(device, pool, 'high', stream, 1, count, 7);
    kernels.spreadHigh({ marks: isBinary, high, first, N, K, codes });
  }
  const put = (name: string, values: NodeJS.ArrayBufferView) => uploaded(device, pool, name, values);
  kernels.restoreBinary({
    ...{ isBinary, codes, means: put('means', means), deviations: put('deviations', deviations) },
    ...{ scales: put('scales', scales), zeros: put('zeros', Int16Array.from(zeros)) },
    ...{ N, K, G, dtype: to.dtype, out: to.at },
  });
}

/** ŵ of `binary-blocks`, rounded to the type of `to`; queued. Throws `format/damaged`. */
export function writeBinaryBlocks(
  packed: PackedLinear,
  device: Device,
  pool: Pool<string>,
  to: DeviceMatrix,
): void {
  const { N, K, group: G, stream, levels, isSalient } = openBlocks(packed);
  device.kernels.restoreBlocks({
    codes: unpacked(device, pool, 'codes', stream, N, K, 2),
    levels: uploaded(device, pool, 'levels', levels),
    salient: uploaded(device, pool, 'salient', isSalient),
    ...{ N, K, G, dtype: to.dtype, out: to.at },
  });
}

/** ŵ of `dual-binary`, rounded to the type of `to`; queued. Throws `format/damaged`. */
export function writeDualBinary(
  packed: PackedLinear,
  device: Device,
  pool: Pool<string>,
  to: DeviceMatrix,
): void {
  const { N, K, group: G, stream, first, second } = openDual(packed);
  device.kernels.restoreDual({
    codes: unpacked(device, pool, 'codes', stream, N, K, 2),
    first: uploaded(device, pool, 'first', first),
    second: uploaded(device, pool, 'second', second),
    ...{ N, K, G, dtype: to.dtype, out: to.at },
  });
}

/** ŵ of `mixed-groups`, rounded to the type of `to`; queued. Throws `format/damaged`. */
export function writeMixedGroups(
  packed: PackedLinear,
  device: Device,
  pool: Pool<string>,
  to: DeviceMatrix,
): void {
  const { N, K, group: G, bits, stream, scales, zeros } = openMixed(packed);
  const put = (name: string, values: NodeJS.ArrayBufferView) => uploaded(device, pool, name, values);
  device.kernels.restoreMixed({
    ...{ packed: put('streams', stream), bits: put('bits', bits) },
    ...{ first: put('first bytes', firstBytes(bits, N, G)), scales: put('scales', scales) },
    ...{ zeros: put('zeros', zeros), N, K, G, dtype: to.dtype, out: to.at },
  });
}

function uploaded(device: Device, pool: Pool<string>, name: string, values: NodeJS.ArrayBufferView): Address {
  const at = pool.take(name, values.byteLength);
  device.upload(at, values);
  return at;
}

/** One code a byte, from a stream of bits a row. */
function unpacked(
  device: Device,
  pool: Pool<string>,
  name: string,
  stream: Uint8Array,
  N: number,
  K: number,
  bits: number,
): Address {
  const packed = uploaded(device, pool, `packed ${name}`, stream);
  const codes = pool.take(`unpacked ${name}`, N * K);
  device.kernels.unpack({ packed, N, K, bits, codes });
  return codes;
}
