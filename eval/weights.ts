/** Where an engine gets its weights from: a checkpoint, a compressed model over it, or either behind a cache. */
import type { Linear, RowBlocks } from './families/architecture.ts';
import type { PackedLinear } from './formats/format.ts';

export interface WeightSource {
  /** Dense float32 `[outFeatures, inFeatures]`, row-major. The caller must not modify it. */
  linear(linear: Linear): Promise<Float32Array>;
  /** The same linear as it is stored, where it is compressed; null where it is not. For engines that dequantize themselves. */
  packedLinear?(linear: Linear): Promise<PackedLinear | null>;
  /** A whole tensor as float32, row-major. The caller must not modify it. */
  tensor(name: string): Promise<Float32Array>;
  /** Rows of a matrix, gathered: float32 `[ids.length, columns]`. Used for embeddings, which need not be resident. */
  rows(name: string, ids: Int32Array): Promise<Float32Array>;
  /** Half-open row range of a matrix, float32 `[to − from, columns]`. Used for the head, tile by tile. */
  slice(name: string, from: number, to: number): Promise<Float32Array>;
}

/** Half-open row ranges of a fused tensor that make up a linear of `outFeatures` rows, in order. */
export function rowRanges(
  rows: RowBlocks | undefined,
  outFeatures: number,
): readonly (readonly [from: number, to: number])[] {
  if (rows === undefined) return [[0, outFeatures]];
  const { first, size, stride } = rows;
  return Array.from({ length: Math.ceil(outFeatures / size) }, (_, block) => {
    const from = first + block * stride;
    return [from, from + Math.min(size, outFeatures - block * size)] as const;
  });
}

/** The rows of one linear out of a whole fused tensor, float32 `[outFeatures, columns]`; a view where they are one range. */
export function takeRows(
  fused: Float32Array,
  rows: RowBlocks | undefined,
  outFeatures: number,
  columns: number,
): Float32Array {
  const ranges = rowRanges(rows, outFeatures);
  const part = ([from, to]: readonly [number, number]) => fused.subarray(from * columns, to * columns);
  if (ranges.length === 1) return part(ranges[0]);
  const taken = new Float32Array(outFeatures * columns);
  let done = 0;
  for (const range of ranges) {
    taken.set(part(range), done * columns);
    done += range[1] - range[0];
  }
  return taken;
}
