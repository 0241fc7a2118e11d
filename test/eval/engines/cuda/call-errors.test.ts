/** Statuses of the kernel library become errors that name the call. */
import { expect, test } from 'vitest';
import { callError, openError } from '../../../../eval/engines/cuda/call-errors.ts';
import { BL } from '../../../../eval/engines/cuda/kernels.gen.ts';

const values = { dtype: 2, x: 139_000_000_000_000, M: 3, N: 4100, scale: 0.5, from: new Float32Array(2) };

test('the text loses the name of the function, sizes are listed, addresses and arrays are not', () => {
  const error = callError(BL.BAD_SHAPE, 'bl_gemm', 'bl_gemm: N = 4100 is odd', values);
  expect(error.code).toBe('kernels/shape');
  expect(error.message).toMatch(
    /^\[bl_gemm\] N = 4100 is odd\. Called with dtype = 2, M = 3, N = 4100, scale = 0\.5\. /,
  );
});

test.each([
  [BL.UNSUPPORTED, 'kernels/unsupported'],
  [BL.CUDA, 'kernels/device'],
  [BL.LIBRARY, 'kernels/library'],
  [BL.NOT_POSITIVE, 'kernels/not-positive'],
  [77, 'kernels/device'],
])('status %i is %s', (status, code) => {
  expect(callError(status, 'bl_x', 'bl_x: why', values)).toMatchObject({ code, details: { op: 'bl_x' } });
});

test('memory that ran out comes with the numbers, where the text has them', () => {
  const text = 'bl_alloc: 4096 bytes were asked for, 100 of 2000 are free';
  const details = { op: 'bl_alloc', bytes: 4096, free: 100, total: 2000 };
  expect(callError(BL.OUT_OF_MEMORY, 'bl_alloc', text, {})).toMatchObject({ details });
});

test.each([
  [BL.CUDA, 'bl_device_count: no CUDA-capable device is detected (cudaErrorNoDevice)', 'kernels/no-device'],
  [BL.CUDA, 'bl_device_count: driver too old (cudaErrorInsufficientDriver)', 'kernels/driver'],
  [BL.UNSUPPORTED, 'bl_open: device 0 has compute capability 7.5', 'kernels/capability'],
  [BL.BAD_SHAPE, 'bl_open: there is no device 9; there are 2, counted from 0', 'kernels/shape'],
  [BL.OUT_OF_MEMORY, 'bl_open: out of memory', 'kernels/out-of-memory'],
])('opening: status %i, %s', (status, text, code) => {
  expect(openError(status, text).code).toBe(code);
});
