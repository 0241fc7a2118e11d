/** One operation of the kernel library at one shape. */
import type { KernelLab } from '../kernel-lab.ts';

export interface Operation {
  /** As in kernels/bl.h, without `bl_`. */
  readonly name: string;
  readonly shape: string;
  /** What one call must do at least: arithmetic, or bytes read and written once. */
  readonly work: { readonly flops: number } | { readonly bytes: number };
  /** Of one timed stretch, for operations that take long. @default 10 */
  readonly calls?: number;
  /** Makes the buffers; returns what queues one call. */
  prepare(lab: KernelLab): () => void;
}

/** Bytes of an element. */
export const SIZE = { bf16: 2, f32: 4, f64: 8 } as const;
