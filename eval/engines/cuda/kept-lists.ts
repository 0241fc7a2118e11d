/** Masks of pruned matrices and lists of what they keep, in device memory: as stored, and as one byte a weight. */
import { streamBytes } from '../../formats/bit-stream.ts';
import { type PackedBuffer, toBuffer } from '../../formats/format.ts';
import { codeBits, type Pattern, setsOf } from '../../formats/kept-mask.ts';
import type { Device } from './device.ts';
import type { HostBytes } from './host-bytes.ts';
import type { Address } from './kernels.ts';
import type { Pool } from './pool.ts';

/** A mask in device memory. */
export interface DeviceMask {
  readonly N: number;
  readonly K: number;
  /** Uint8 `[N, K]`: 1 for kept. */
  readonly kept: Address;
  /** Int64 `[N + 1]`: weights kept in the rows before each. */
  readonly offsets: Address;
  readonly count: number;
}

/** Counts what a mask keeps; waits for the device. */
export function countMask(
  device: Device,
  pool: Pool<string>,
  { N, K, kept }: { readonly N: number; readonly K: number; readonly kept: Address },
): DeviceMask {
  const offsets = pool.take('offsets', 8 * (N + 1));
  device.kernels.keptOffsets({ kept, N, K, offsets });
  const [count] = device.download(offsets + 8 * N, new BigInt64Array(1));
  return { N, K, kept, offsets, count: Number(count) };
}

/** The buffer `mask` of a sparse format. */
export async function storeMask(
  device: Device,
  pool: Pool<string>,
  host: HostBytes,
  { N, K, kept }: DeviceMask,
  pattern: Pattern | null,
): Promise<PackedBuffer> {
  const bits = pattern === null ? 1 : codeBits(pattern);
  const width = pattern === null ? K : K / pattern.m;
  let codes = kept;
  if (pattern !== null) {
    codes = pool.take('run codes', N * width);
    const numbers = pool.take('run numbers', 2 ** pattern.m);
    device.upload(numbers, numbersOf(pattern));
    device.kernels.numberRuns({ kept, numbers, runs: N * width, m: pattern.m, codes });
  }
  const rowBytes = streamBytes(width, bits);
  const packed = pool.take('packed mask', N * rowBytes);
  device.kernels.pack({ codes, N, K: width, bits, packed });
  return toBuffer('U8', [N, rowBytes], await host.download(packed, N * rowBytes));
}

/** The reverse: one byte a weight. A code that stands for no set keeps nothing of its run. */
export function openMask(
  device: Device,
  pool: Pool<string>,
  { N, K }: { readonly N: number; readonly K: number },
  pattern: Pattern | null,
  stream: Uint8Array,
): Address {
  const bits = pattern === null ? 1 : codeBits(pattern);
  const width = pattern === null ? K : K / pattern.m;
  const packed = pool.take('packed mask', stream.length);
  device.upload(packed, stream);
  const codes = pool.take('run codes', N * width);
  device.kernels.unpack({ packed, N, K: width, bits, codes });
  if (pattern === null) return codes;
  const sets = pool.take('run sets', 512);
  const table = new Uint16Array(256);
  table.set(setsOf(pattern));
  device.upload(sets, table);
  const kept = pool.take('kept', N * K);
  device.kernels.openRuns({ codes, sets, runs: N * width, m: pattern.m, kept });
  return kept;
}

/** The place of every set among those of the pattern. */
function numbersOf(pattern: Pattern): Uint8Array {
  const numbers = new Uint8Array(2 ** pattern.m);
  for (const [number, set] of setsOf(pattern).entries()) numbers[set] = number;
  return numbers;
}
