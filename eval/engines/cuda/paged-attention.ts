/** Attention of one new token of each of many texts to the keys and values that are kept of them in pages. */
import type { Position } from '../../families/architecture.ts';
import type { BlockContext, PagedCache } from './block-context.ts';
import type { Matrix } from './matrix.ts';
import type { AttentionShape } from './ops.ts';

/** Whether keys and values are rounded after keys are turned, and so are no longer what `rotateIntoPages` sees. */
function isRoundedLater({ precision: { kv } }: BlockContext): boolean {
  return kv !== null && !kv.preRope;
}

/**
 * Turns queries and keys by the position of their text, and stores keys and values where the pass does not round them
 * after that. `qkv` holds query heads, key heads and value heads side by side.
 */
export function rotateIntoPages(
  context: BlockContext,
  cache: PagedCache,
  position: Position,
  qkv: Matrix,
  { heads, kvHeads, keyDim, valueDim }: AttentionShape,
): void {
  const { ops, tables, rotation } = context;
  const isRope = position.kind === 'rope';
  const turned = isRope
    ? { ...rotation(position), rows: tables.rotationRows(position), half: position.inverseFrequencies.length }
    : { cos: 0, sin: 0, rows: 0, half: 0 };
  const stored = isRoundedLater(context)
    ? { kCache: 0, vCache: 0 }
    : { kCache: cache.keys, vCache: cache.values };
  const { pageTable, maxPages, pageSize, positions } = cache;
  ops.kernels.decodeRotate({
    ...{ dtype: qkv.dtype, x: qkv.at, xStride: qkv.stride, heads, kvHeads, qkDim: keyDim, vDim: valueDim },
    ...{ ...turned, interleaved: Number(isRope && position.layout === 'interleaved') },
    ...{ ...stored, pageTable, maxPages, pageSize, positions, B: tables.T },
  });
}

/** One projected token of each text. */
export interface StepProjections {
  readonly q: Matrix;
  readonly k: Matrix;
  readonly v: Matrix;
  readonly shape: AttentionShape;
  /** Whether `rotateIntoPages` was asked to store keys and values. */
  readonly isStored: boolean;
}

/** What the heads read at each text's new token, `[texts, heads · valueDim]`. */
export function attendPages(
  context: BlockContext,
  cache: PagedCache,
  { q, k, v, shape, isStored }: StepProjections,
  out: Matrix,
): void {
  const { heads, kvHeads, keyDim, valueDim, scale, softCap, window, slopes, roundedFactor } = shape;
  const { keys, values, scratch, texts, ...pages } = cache;
  const { ops, tables } = context;
  if (!isStored || isRoundedLater(context)) {
    const rows = { ...pages, dtype: k.dtype, texts, M: tables.T };
    ops.kernels.cacheWrite({ ...rows, x: k.at, xStride: k.stride, cache: keys, width: kvHeads * keyDim });
    ops.kernels.cacheWrite({ ...rows, x: v.at, xStride: v.stride, cache: values, width: kvHeads * valueDim });
  }
  ops.kernels.attentionDecode({
    ...{ dtype: q.dtype, q: q.at, qStride: q.stride, kCache: keys, vCache: values },
    ...{ out: out.at, outStride: out.stride, heads, kvHeads, qkDim: keyDim, vDim: valueDim },
    ...{ scale, softCap, window, slopes, roundedFactor, ...pages, B: tables.T, scratch },
  });
}
