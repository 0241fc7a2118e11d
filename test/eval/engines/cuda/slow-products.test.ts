import { expect, test } from 'vitest';
import { BF16, F32 } from '../../../../eval/engines/cuda/matrix.ts';
import { describeSlowProduct, slowProducts } from '../../../../eval/engines/cuda/slow-products.ts';

test('slow products are read by their fields, and no more than there is room for', () => {
  const given = [0n, BigInt(BF16), 33n, 19n, 0n, 1n, BigInt(F32), 2048n, 4096n, 1n];
  const read = (total: number) =>
    slowProducts({
      slowProducts: ({ products, count }) => {
        (products as BigInt64Array).set(given);
        (count as BigInt64Array)[0] = BigInt(total);
      },
    });
  expect(read(0)).toEqual([]);
  expect(read(2)).toEqual([
    { operation: 'matmul', dtype: BF16, N: 33, K: 19, isAligned: false },
    { operation: 'gram', dtype: F32, N: 2048, K: 4096, isAligned: true },
  ]);
  expect(read(1000)).toHaveLength(64);
});

test('a line says what is slow and why', () => {
  const product = { operation: 'matmul', dtype: BF16, N: 33, K: 19, isAligned: false } as const;
  expect(describeSlowProduct(product)).toMatchInlineSnapshot(
    `"A product with weights [33, 19] in bfloat16 runs without tensor cores, many times slower: its rows do not begin at multiples of 16 bytes. Results are right, and no setting makes it faster."`,
  );
  expect(describeSlowProduct({ ...product, operation: 'gram', isAligned: true })).toMatchInlineSnapshot(
    `"A panel of Hessians, [33, 19] in bfloat16 runs without tensor cores, many times slower: cuBLASLt has no algorithm for it. Another version of the CUDA toolkit may have one; please report the shape."`,
  );
});
