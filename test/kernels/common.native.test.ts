/** The element types of the host references against those of JavaScript. */
import { expect, test } from 'vitest';
import { BL } from '../../eval/engines/cuda/kernels.gen.ts';
import { loadReference } from './reference.ts';

const reference = await loadReference();

/** Every 16-bit pattern plus `bias` in float32, stored back. */
function addToAll(dtype: number, bias: number): Uint16Array {
  const bits = Uint16Array.from({ length: 65536 }, (_, i) => i);
  const biases = new Float32Array(bits.length).fill(bias);
  reference.bias({ dtype, x: bits, xStride: bits.length, bias: biases, M: 1, N: bits.length });
  return bits;
}

test.each([0, 1e-7, 0.333, -3.0001, 1000.37, 1e30])('half + %f rounds as Float16Array does', (bias) => {
  const all = new Float16Array(Uint16Array.from({ length: 65536 }, (_, i) => i).buffer);
  const expected = all.map((value) => Math.fround(value + Math.fround(bias)));
  const found = new Float16Array(addToAll(BL.F16, bias).buffer);
  expect(found.every((value, i) => Object.is(value, expected[i]))).toBe(true);
});

test.each([0, 0.333, -3.0001, 1e30])('bfloat16 + %f rounds to the nearest, ties to even', (bias) => {
  const bits = addToAll(BL.BF16, bias);
  const wide = new Float32Array(1);
  const pattern = new Uint32Array(wide.buffer);
  for (let i = 0; i < 65536; i++) {
    pattern[0] = i * 65536;
    wide[0] = wide[0]! + Math.fround(bias);
    if (Number.isNaN(wide[0])) continue;
    const low = pattern[0]! % 65536;
    const up = low > 32768 || (low === 32768 && Math.floor(pattern[0]! / 65536) % 2 === 1);
    expect(bits[i]).toBe(Math.floor(pattern[0]! / 65536) + (up ? 1 : 0));
  }
});
