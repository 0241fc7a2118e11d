/** Single operations of the kernel library, with buffers of random numbers on the device. */
import type { Address, Kernels } from '../../eval/engines/cuda/kernels.ts';
import type { Stopwatch } from './measure.ts';

export interface KernelLab {
  /** Bound to the stream that the stopwatch watches. */
  readonly kernels: Kernels;
  readonly stopwatch: Stopwatch;
  /** Buffer of normal random numbers; freed by `release`, as all buffers are. */
  random(dtype: 'f32' | 'bf16', n: number, deviation?: number): Address;
  /** Buffer with this content. */
  upload(values: Int32Array | Float32Array | Float64Array): Address;
  /** Buffer with every byte set to `value`. */
  filled(bytes: number, value?: number): Address;
  /** Frees every buffer. */
  release(): void;
}
