/** Matrix products that the vendor library was not used for: right, but slow, which the reader of a log should know. */
import type { Kernels } from './kernels.ts';
import { BF16, F16, F32 } from './matrix.ts';

export interface SlowProduct {
  readonly operation: 'matmul' | 'gram';
  readonly dtype: number;
  /** Of the weights of a matmul; of a gram, the sides of a panel of its result. */
  readonly N: number;
  readonly K: number;
  /** Whether rows begin at multiples of 16 bytes; if so, the library has no algorithm. */
  readonly isAligned: boolean;
}

const MOST = 64;
const FIELDS = 5;

/** Those of all work so far, each once; 64 at most. */
export function slowProducts(kernels: Pick<Kernels, 'slowProducts'>): SlowProduct[] {
  const products = new BigInt64Array(MOST * FIELDS);
  const count = new BigInt64Array(1);
  kernels.slowProducts({ products, most: MOST, count });
  return Array.from({ length: Math.min(MOST, Number(count[0])) }, (_, i) => {
    const [operation, dtype, N, K, isAligned] = Array.from(
      products.subarray(FIELDS * i, FIELDS * i + FIELDS),
      Number,
    );
    return {
      operation: operation === 1 ? 'gram' : 'matmul',
      dtype,
      N,
      K,
      isAligned: isAligned === 1,
    } as SlowProduct;
  });
}

/** One line for a log. */
export function describeSlowProduct({ operation, dtype, N, K, isAligned }: SlowProduct): string {
  const type = dtype === BF16 ? 'bfloat16' : dtype === F16 ? 'float16' : 'float32';
  const what =
    operation === 'gram' ? `A panel of Hessians, [${N}, ${K}]` : `A product with weights [${N}, ${K}]`;
  const why = isAligned
    ? 'cuBLASLt has no algorithm for it. Another version of the CUDA toolkit may have one; please report the shape.'
    : 'its rows do not begin at multiples of 16 bytes. Results are right, and no setting makes it faster.';
  const how = dtype === F32 ? 'about half as fast as others' : 'without tensor cores, many times slower';
  return `${what} in ${type} runs ${how}: ${why}`;
}
