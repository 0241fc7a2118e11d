/** Memory that is used again from call to call. */
import { expect, test } from 'vitest';
import { CachingHeap, Pool } from '../../../eval/engines/cuda/pool.ts';

/** Addresses count up; at most `limit` bytes at a time. */
function countingHeap(limit = Number.POSITIVE_INFINITY) {
  const sizes = new Map<number, number>();
  let next = 256;
  const held = () => [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
  return {
    held,
    alloc(bytes: number) {
      if (held() + bytes > limit) throw new RangeError('full');
      next += 256;
      sizes.set(next, bytes);
      return next;
    },
    free: (address: number) => void sizes.delete(address),
  };
}

test('a pool grows, and keeps a buffer that is large enough', () => {
  const heap = countingHeap();
  const pool = new Pool<'a' | 'b'>(heap);
  const first = pool.take('a', 100);
  expect(pool.take('a', 60)).toBe(first);
  expect(pool.take('a', 101)).not.toBe(first);
  pool.take('b', 5);
  expect(heap.held()).toBe(106);
  pool.release();
  expect(heap.held()).toBe(0);
  expect(pool.take('a', 7)).not.toBe(first);
});

test('a heap gives back what was freed for the same size, and lets it go where memory runs out', () => {
  const heap = countingHeap(100);
  const caching = new CachingHeap(heap);
  const [a, b] = [caching.alloc(40), caching.alloc(40)];
  caching.free(a);
  expect(caching.alloc(40)).toBe(a);
  expect(() => caching.alloc(30)).toThrow('full');
  caching.free(b);
  expect(heap.held()).toBe(80);
  caching.alloc(30);
  expect(heap.held()).toBe(70);
  expect(() => caching.free(b)).toThrow(TypeError);
  caching.free(a);
  caching.release();
  expect(heap.held()).toBe(30);
});
