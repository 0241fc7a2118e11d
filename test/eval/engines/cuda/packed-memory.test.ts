/** What is kept of packed linears, on the device and on the host. */
import { expect, it } from 'vitest';
import { HostBytes } from '../../../../eval/engines/cuda/host-bytes.ts';
import { PackedHere } from '../../../../eval/engines/cuda/packed-here.ts';
import { Pool } from '../../../../eval/engines/cuda/pool.ts';
import type { PackedLinear } from '../../../../eval/formats/format.ts';

const packedLinear = (): PackedLinear => ({ format: 'sparse', N: 1, K: 1, attributes: {}, buffers: {} });
const to = { at: 1, dtype: 0 };

it('values of the last packed linear are there until one of their buffers is asked for again', () => {
  let free = 4096;
  const pool = new Pool<string>({ alloc: () => free++, free: () => {} });
  const here = new PackedHere(pool);
  const [first, second] = [packedLinear(), packedLinear()];
  let written = 0;
  const keep = (packed: PackedLinear) => here.keep(packed, ['values'], () => void (written += 1));
  pool.take('values', 8);
  keep(first);
  pool.take('other', 8);
  expect([here.write(first, to), here.write(second, to), written]).toEqual([true, false, 1]);
  pool.take('values', 8);
  expect(here.write(first, to)).toBe(false);
  keep(second);
  expect([here.write(first, to), here.write(second, to)]).toEqual([false, true]);
  pool.release();
  expect(here.write(second, to)).toBe(false);
  here.noteError(first, 0.25);
  expect([here.errorOf(first), here.errorOf(second)]).toEqual([0.25, null]);
});

it('memory that is given back is used again for as many bytes, and its old views are empty', async () => {
  let value = 0;
  const host = new HostBytes({
    downloadAsync: async (_, bytes) => {
      (bytes as unknown as Uint8Array).fill(++value);
      return bytes;
    },
  });
  const size = 1 << 20;
  const first = await host.download(0, size);
  const { buffer } = first;
  host.giveBack(first);
  host.giveBack(first);
  expect([first.length, buffer.byteLength]).toEqual([0, 0]);
  const other = await host.download(0, size + 1);
  const again = await host.download(0, size);
  const fresh = await host.download(0, size);
  expect([other.length, again.length, again[0], fresh[0]]).toEqual([size + 1, size, 3, 4]);
  const small = await host.download(0, 100);
  const part = again.subarray(0, size / 2);
  host.giveBack(small);
  host.giveBack(part);
  expect([small.length, part.length, again.length]).toEqual([100, size / 2, size]);
});

it('bytes that were downloaded last are found on the device as long as they are there', async () => {
  const host = new HostBytes({ downloadAsync: async (_, bytes) => bytes });
  let isThere = true;
  const first = await host.download(64, 100, () => isThere);
  expect(host.placeOf(new Uint8Array(first.buffer))).toBe(64);
  expect(host.placeOf(first.subarray(1))).toBeNull();
  isThere = false;
  expect(host.placeOf(first)).toBeNull();
  isThere = true;
  const second = await host.download(128, 100);
  expect([host.placeOf(first), host.placeOf(second)]).toEqual([null, null]);
});
