/** The output projection: from hidden states to log-probabilities of targets, over tiles of rows and of the vocabulary. */
import type { Architecture } from '../../families/architecture.ts';
import { aligned, type Scratch } from './arena.ts';
import { isTied } from './block-layout.ts';
import type { Image } from './layout.ts';
import { asVectors, type Dtype, ELEMENT_BYTES, F32, type Matrix } from './matrix.ts';
import type { Ops } from './ops.ts';

/** Rows whose logits exist at a time. */
export const ROW_TILE = 4096;
/** Tokens whose logits exist at a time; it decides the order of sums, so it must not depend on anything. */
const VOCABULARY_TILE = 8192;
/** Logits of two models side by side. */
const LOGIT_TILES = 2;

export interface HeadContext {
  readonly ops: Ops;
  readonly scratch: Scratch;
  readonly image: Image;
  readonly architecture: Architecture;
}

/** Which log-probabilities are wanted; all addresses are in device memory. */
export interface HeadQuery {
  /** Float32 `[T, H]`, out of the last block. */
  readonly hidden: Matrix;
  /** int32 `[R]`: the rows of `hidden` that predict something. */
  readonly rows: number;
  readonly R: number;
  /** By row: int32 row counted in `rows`, the same counted from its tile, and token, `[n]` each. */
  readonly pairs: { readonly rows: number; readonly tileRows: number; readonly tokens: number };
  /** Where the pairs of each tile of ROW_TILE rows begin, and the end of the last, on the host. */
  readonly tilePairs: readonly number[];
}

/** Where the results go: float32, float64 and int32 `[R]`; float32 and float64 `[n]`. */
export interface HeadResults {
  readonly highest: number;
  readonly sum: number;
  readonly best: number;
  readonly picked: number;
  readonly logProbabilities: number;
}

/** Bytes that answering for up to T rows takes. */
export function headScratch(
  { hiddenSize: H, vocabSize, head }: Architecture,
  dtype: Dtype,
  T: number,
): number {
  const rows = Math.min(T, ROW_TILE);
  const logits = LOGIT_TILES * aligned(rows * logitStride(vocabSize) * 4);
  const states = 2 * (aligned(rows * H * 4) + 2 * aligned(rows * head.inFeatures * 4));
  return logits + states + 2 * aligned(rows * H * ELEMENT_BYTES[dtype]) + aligned(rows * 16) + 1024;
}

function logitStride(vocabSize: number): number {
  return Math.ceil(Math.min(vocabSize, VOCABULARY_TILE) / 8) * 8;
}

/** Queues everything; nothing is waited for. */
export function scoreRows(
  context: HeadContext,
  query: HeadQuery,
  to: HeadResults,
  other: Comparison | null,
): void {
  const { ops, scratch, architecture } = context;
  const K = architecture.head.inFeatures;
  for (let from = 0, tile = 0; from < query.R; from += ROW_TILE, tile += 1) {
    const mark = scratch.mark();
    const R = Math.min(ROW_TILE, query.R - from);
    const states = readOut(context, query.hidden, query.rows + from * 4, R);
    const logits = takeLogits(context, R);
    const reference = other === null ? null : referenceTile(context, other, from, R);
    const pairs = { first: query.tilePairs[tile]!, last: query.tilePairs[tile + 1]! };
    for (const columns of vocabularyTiles(context)) {
      ops.matmul(states, columns.weights, logits, R, columns.width, K);
      // First, as it reads the logits without bias and cap, which the others put in.
      if (reference !== null) compareTile(context, reference, logits, columns);
      scoreTile(context, query, to, { logits, from, R, ...pairs }, columns);
    }
    scratch.release(mark);
  }
  if (other !== null) finishComparison(context, other, query.R);
  const n = query.tilePairs.at(-1)!;
  if (n === 0) return;
  ops.kernels.headFinish({
    ...{ highest: to.highest, sum: to.sum, picked: to.picked },
    ...{ rows: query.pairs.rows, n, out: to.logProbabilities },
  });
}

interface Columns {
  readonly token: number;
  readonly width: number;
  readonly weights: number;
}

/** Rows `from … from + R` with their logits, and the pairs `first … last` that belong to them. */
interface RowTile {
  readonly logits: Matrix;
  readonly from: number;
  readonly R: number;
  readonly first: number;
  readonly last: number;
}

function scoreTile(
  context: HeadContext,
  { pairs }: HeadQuery,
  to: HeadResults,
  { logits, from, R, first, last }: RowTile,
  { token, width }: Columns,
): void {
  const { kernels } = context.ops;
  const place = { logits: logits.at, stride: logits.stride, width, first: token };
  kernels.headUpdate({
    ...{ ...place, R, ...adjustment(context, token) },
    ...{ highest: to.highest + from * 4, sum: to.sum + from * 8, best: to.best + from * 4 },
  });
  if (last === first) return;
  kernels.headPick({
    ...{ ...place, n: last - first, picked: to.picked + first * 4 },
    ...{ rows: pairs.tileRows + first * 4, tokens: pairs.tokens + first * 4 },
  });
}

/** Bias and cap of logits from token `token` on. */
export function adjustment({ image, architecture }: HeadContext, token: number) {
  const bias = image.atOrZero('head.bias');
  return { bias: bias === 0 ? 0 : bias + token * 4, softCap: architecture.logitSoftCap ?? 0 };
}

/**
 * Distributions of a reference under the same head: its states, float32 `[R, K]`, and where the results go: float64
 * `[R, 5]` and int32 `[R, 2]` of bl_divergence_update, float64 and uint8 `[R]`. All in device memory.
 */
export interface Comparison {
  readonly reference: number;
  readonly state: number;
  readonly best: number;
  readonly kl: number;
  readonly same: number;
}

/** Compares rows of `hidden`, numbered by int32 `rows` `[R]`, with a reference; queues everything. */
export function compareRows(
  context: HeadContext,
  hidden: Matrix,
  rows: number,
  R: number,
  other: Comparison,
): void {
  const { ops, scratch, architecture } = context;
  for (let from = 0; from < R; from += ROW_TILE) {
    const mark = scratch.mark();
    const count = Math.min(ROW_TILE, R - from);
    const own = readOut(context, hidden, rows + from * 4, count);
    const logits = takeLogits(context, count);
    const reference = referenceTile(context, other, from, count);
    for (const columns of vocabularyTiles(context)) {
      ops.matmul(own, columns.weights, logits, count, columns.width, architecture.head.inFeatures);
      compareTile(context, reference, logits, columns);
    }
    scratch.release(mark);
  }
  finishComparison(context, other, R);
}

interface ReferenceTile {
  /** In the engine's type. */
  readonly states: Matrix;
  readonly logits: Matrix;
  readonly R: number;
  readonly state: number;
  readonly best: number;
}

function referenceTile(context: HeadContext, other: Comparison, from: number, R: number): ReferenceTile {
  const { ops, scratch, architecture } = context;
  const K = architecture.head.inFeatures;
  const exact = { at: other.reference + from * K * 4, dtype: F32, stride: K };
  const states = { at: scratch.take(R * K * ELEMENT_BYTES[ops.dtype]), dtype: ops.dtype, stride: K };
  ops.moveRows(exact, states, R, K);
  const place = { state: other.state + from * 5 * 8, best: other.best + from * 2 * 4 };
  return { states, logits: takeLogits(context, R), R, ...place };
}

/** @param q  logits of this model, without bias and cap */
function compareTile(context: HeadContext, reference: ReferenceTile, q: Matrix, columns: Columns): void {
  const { ops, architecture } = context;
  const { states, logits: p, R, state, best } = reference;
  const { token, width, weights } = columns;
  ops.matmul(states, weights, p, R, width, architecture.head.inFeatures);
  ops.kernels.divergenceUpdate({
    ...{ p: p.at, q: q.at, stride: p.stride, R, width, first: token },
    ...{ ...adjustment(context, token), state, best },
  });
}

function finishComparison({ ops }: HeadContext, { state, best, kl, same }: Comparison, R: number): void {
  ops.kernels.divergenceFinish({ state, best, R, kl, same });
}

/** What the head reads of R rows of hidden states, `[R, K]` in the engine's type; `rows` int32 in device memory. */
export function readOut(context: HeadContext, hidden: Matrix, rows: number, R: number): Matrix {
  const { ops, scratch, image, architecture } = context;
  const { hiddenSize: H, finalNorm, headProjection } = architecture;
  const { dtype } = ops;
  const gathered = { at: scratch.take(R * H * 4), dtype: F32, stride: H };
  const place = { out: gathered.at, T: R, width: H, scale: 1, offset: 0, accumulate: 0 };
  ops.kernels.gatherRows({ ...place, dtype: F32, table: hidden.at, ids: rows });
  const normed = { at: scratch.take(R * H * ELEMENT_BYTES[dtype]), dtype, stride: H };
  if (finalNorm === null) ops.moveRows(gathered, normed, R, H);
  else {
    const weights = { weight: image.at('finalNorm'), bias: image.atOrZero('finalNorm.bias') };
    ops.norm(finalNorm, weights, asVectors(gathered), asVectors(normed), R, 1, H);
  }
  if (headProjection === null) return normed;
  const K = headProjection.outFeatures;
  const projected = { at: scratch.take(R * K * ELEMENT_BYTES[dtype]), dtype, stride: K };
  ops.matmul(normed, image.at('headProjection'), projected, R, K, H);
  if (image.has('headProjection.bias')) ops.bias(projected, image.at('headProjection.bias'), R, K);
  return projected;
}

export function takeLogits({ scratch, architecture }: HeadContext, R: number): Matrix {
  const stride = logitStride(architecture.vocabSize);
  return { at: scratch.take(R * stride * 4), dtype: F32, stride };
}

/** Tiles of the head in order: the first token, how many, and where their weights are. */
export function* vocabularyTiles({ ops, image, architecture }: HeadContext) {
  const { vocabSize, head } = architecture;
  const base = image.at(isTied(architecture) ? 'embedding' : 'head');
  for (let token = 0; token < vocabSize; token += VOCABULARY_TILE) {
    const width = Math.min(VOCABULARY_TILE, vocabSize - token);
    yield { token, width, weights: base + token * head.inFeatures * ELEMENT_BYTES[ops.dtype] };
  }
}
