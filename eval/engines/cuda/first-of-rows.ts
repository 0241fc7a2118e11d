/** Where the weights without a mark begin, row by row, when they are laid one behind the other. */
import type { Device } from './device.ts';
import type { Address } from './kernels.ts';
import type { Pool } from './pool.ts';

/** @returns `first`, int64 `[N]` in the pool, and how many there are in all */
export function firstOfRows(
  device: Device,
  pool: Pool<string>,
  marks: Address,
  N: number,
  K: number,
): { readonly first: Address; readonly count: number } {
  const countsAt = pool.take('counts', 4 * N);
  device.kernels.countUnmarked({ marks, N, K, counts: countsAt });
  const counts = device.download(countsAt, new Int32Array(N));
  const places = new BigInt64Array(N);
  let count = 0;
  for (let n = 0; n < N; n++) {
    places[n] = BigInt(count);
    count += counts[n];
  }
  const first = pool.take('first', 8 * N);
  device.upload(first, places);
  return { first, count };
}
