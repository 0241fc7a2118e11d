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
export function scoreRows(context: HeadContext, query: HeadQuery, to: HeadResults): void {
  const { ops, scratch, image, architecture } = context;
  const { kernels } = ops;
  const bias = image.atOrZero('head.bias');
  const softCap = architecture.logitSoftCap ?? 0;
  for (let from = 0, tile = 0; from < query.R; from += ROW_TILE, tile += 1) {
    const mark = scratch.mark();
    const R = Math.min(ROW_TILE, query.R - from);
    const states = readOut(context, query.hidden, query.rows + from * 4, R);
    const logits = takeLogits(context, R);
    const [first, last] = [query.tilePairs[tile]!, query.tilePairs[tile + 1]!];
    const place = { logits: logits.at, stride: logits.stride };
    for (const { token, width, weights } of vocabularyTiles(context)) {
      ops.matmul(states, weights, logits, R, width, architecture.head.inFeatures);
      kernels.headUpdate({
        ...{ ...place, R, width, first: token, bias: bias === 0 ? 0 : bias + token * 4, softCap },
        ...{ highest: to.highest + from * 4, sum: to.sum + from * 8, best: to.best + from * 4 },
      });
      if (last > first)
        kernels.headPick({
          ...{ ...place, width, first: token, n: last - first, picked: to.picked + first * 4 },
          ...{ rows: query.pairs.tileRows + first * 4, tokens: query.pairs.tokens + first * 4 },
        });
    }
    scratch.release(mark);
  }
  const n = query.tilePairs.at(-1)!;
  if (n === 0) return;
  kernels.headFinish({
    ...{ highest: to.highest, sum: to.sum, picked: to.picked },
    ...{ rows: query.pairs.rows, n, out: to.logProbabilities },
  });
}

export interface DivergenceQuery {
  readonly hidden: Matrix;
  /** int32 `[R]`: rows of `hidden`. */
  readonly rows: number;
  readonly R: number;
  /** Of the reference model, float32 `[R, K]` on the host. */
  readonly reference: Float32Array;
}

/** float64 `[R, 5]` and int32 `[R, 2]` of bl_divergence_update; float64 and uint8 `[R]`. */
export interface DivergenceResults {
  readonly state: number;
  readonly best: number;
  readonly kl: number;
  readonly same: number;
}

/** Compares the distributions of rows with those of a reference under the same head; queues everything. */
export function compareRows(context: HeadContext, query: DivergenceQuery, to: DivergenceResults): void {
  const { ops, scratch, image, architecture } = context;
  const { kernels } = ops;
  const K = architecture.head.inFeatures;
  const bias = image.atOrZero('head.bias');
  for (let from = 0; from < query.R; from += ROW_TILE) {
    const mark = scratch.mark();
    const R = Math.min(ROW_TILE, query.R - from);
    const own = readOut(context, query.hidden, query.rows + from * 4, R);
    const reference = uploadStates(context, query.reference.subarray(from * K, (from + R) * K), R, K);
    const [p, q] = [takeLogits(context, R), takeLogits(context, R)];
    for (const { token, width, weights } of vocabularyTiles(context)) {
      ops.matmul(reference, weights, p, R, width, K);
      ops.matmul(own, weights, q, R, width, K);
      kernels.divergenceUpdate({
        ...{ p: p.at, q: q.at, stride: p.stride, R, width, first: token },
        ...{ bias: bias === 0 ? 0 : bias + token * 4, softCap: architecture.logitSoftCap ?? 0 },
        ...{ state: to.state + from * 5 * 8, best: to.best + from * 2 * 4 },
      });
    }
    scratch.release(mark);
  }
  kernels.divergenceFinish({ state: to.state, best: to.best, R: query.R, kl: to.kl, same: to.same });
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

/** Logits of R rows of hidden states on the host, float32 `[R, V]`; `rows` int32 in device memory. For checks. */
export async function logitsOf(
  context: HeadContext,
  hidden: Matrix,
  rows: number,
  R: number,
): Promise<Float32Array> {
  const { scratch, architecture } = context;
  const all = new Float32Array(R * architecture.vocabSize);
  for (let from = 0; from < R; from += ROW_TILE) {
    const mark = scratch.mark();
    const count = Math.min(ROW_TILE, R - from);
    const states = readOut(context, hidden, rows + from * 4, count);
    await addLogits(context, states, count, all.subarray(from * architecture.vocabSize));
    scratch.release(mark);
  }
  return all;
}

/** Logits of `R` rows that the head has read, into float32 `[R, V]` on the host. */
async function addLogits(context: HeadContext, states: Matrix, R: number, to: Float32Array): Promise<void> {
  const { ops, scratch, image, architecture } = context;
  const { vocabSize: V, head, logitSoftCap } = architecture;
  const bias = image.atOrZero('head.bias');
  const logits = takeLogits(context, R);
  const ignored = { highest: scratch.take(R * 4), sum: scratch.take(R * 8), best: scratch.take(R * 4) };
  for (const { token, width, weights } of vocabularyTiles(context)) {
    ops.matmul(states, weights, logits, R, width, head.inFeatures);
    ops.kernels.headUpdate({
      ...{ logits: logits.at, stride: logits.stride, R, width, first: token, ...ignored },
      ...{ bias: bias === 0 ? 0 : bias + token * 4, softCap: logitSoftCap ?? 0 },
    });
    const tile = new Float32Array(R * logits.stride);
    await ops.kernels.downloadAsync({ to: tile, from: logits.at, bytes: tile.byteLength });
    for (let row = 0; row < R; row += 1) {
      const start = row * logits.stride;
      to.set(tile.subarray(start, start + width), row * V + token);
    }
  }
}

function uploadStates({ ops, scratch }: HeadContext, states: Float32Array, R: number, K: number): Matrix {
  const exact = { at: scratch.take(states.byteLength), dtype: F32, stride: K };
  ops.kernels.upload({ to: exact.at, from: states, bytes: states.byteLength });
  if (ops.dtype === F32) return exact;
  const own = { at: scratch.take(R * K * ELEMENT_BYTES[ops.dtype]), dtype: ops.dtype, stride: K };
  ops.moveRows(exact, own, R, K);
  return own;
}

function takeLogits({ scratch, architecture }: HeadContext, R: number): Matrix {
  const stride = logitStride(architecture.vocabSize);
  return { at: scratch.take(R * stride * 4), dtype: F32, stride };
}

/** Tiles of the head in order: the first token, how many, and where their weights are. */
function* vocabularyTiles({ ops, image, architecture }: HeadContext) {
  const { vocabSize, head } = architecture;
  const base = image.at(isTied(architecture) ? 'embedding' : 'head');
  for (let token = 0; token < vocabSize; token += VOCABULARY_TILE) {
    const width = Math.min(VOCABULARY_TILE, vocabSize - token);
    yield { token, width, weights: base + token * head.inFeatures * ELEMENT_BYTES[ops.dtype] };
  }
}
