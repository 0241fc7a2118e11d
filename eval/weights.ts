/** Where an engine gets its weights from: a checkpoint, a compressed model over it, or either behind a cache. */
import type { Linear } from './families/architecture.ts';

export interface WeightSource {
  /** Dense float32 `[outFeatures, inFeatures]`, row-major. The caller must not modify it. */
  linear(linear: Linear): Promise<Float32Array>;
  /** A whole tensor as float32, row-major. The caller must not modify it. */
  tensor(name: string): Promise<Float32Array>;
  /** Rows of a matrix, gathered: float32 `[ids.length, columns]`. Used for embeddings, which need not be resident. */
  rows(name: string, ids: Int32Array): Promise<Float32Array>;
  /** Half-open row range of a matrix, float32 `[to − from, columns]`. Used for the head, tile by tile. */
  slice(name: string, from: number, to: number): Promise<Float32Array>;
}
