/** How calls by name become calls by place, with a library that records them. */
import { expect, test } from 'vitest';
import { bindKernels } from '../../../../eval/engines/cuda/kernels.ts';
import type { Library } from '../../../../eval/engines/cuda/library.ts';

function recordingLibrary(status: number) {
  const calls: unknown[][] = [];
  const library: Library = {
    build: 'records',
    message: () => 'bl_bias: too wide',
    functionOf: (name) =>
      Object.assign(
        (...values: unknown[]) => {
          calls.push([name, ...values]);
          return status;
        },
        { async: (...values: unknown[]) => void calls.push([name, ...values.slice(0, -1)]) },
      ),
  };
  return { library, calls };
}

test('parameters by name are put in order, with context and stream in their places', () => {
  const { library, calls } = recordingLibrary(0);
  const kernels = bindKernels(library, 9n, 0);
  const values = { N: 4, M: 3, bias: 256, xStride: 8, x: 512, dtype: 2 };
  kernels.bias(values);
  kernels.on(7).bias({ ...values, M: 0 });
  kernels.on(7).synchronize({});
  expect(calls).toEqual([
    ['bias', 9n, 2, 512, 8, 256, 3, 4, 0],
    ['bias', 9n, 2, 512, 8, 256, 0, 4, 7],
    ['synchronize', 9n, 7],
  ]);
});

test('a failure names the function and the numbers it was given', () => {
  const { library } = recordingLibrary(1);
  const kernels = bindKernels(library, 9n, 0);
  expect(() => kernels.bias({ dtype: 2, x: 512, xStride: 8, bias: 256, M: 3, N: 4 })).toThrow(
    /bl_bias.*too wide.*M = 3, N = 4/s,
  );
});
