/** Attention with keys and values of their own, and latent attention, over a chunk. */
import type { Attention, LatentAttention, Norm } from '../../families/architecture.ts';
import {
  addLinear,
  addNorm,
  type BlockContext,
  readByLinears,
  rotate,
  roundCached,
  takeMatrix,
} from './block-context.ts';
import { asVectors, columns, type Matrix } from './matrix.ts';
import type { AttentionShape } from './ops.ts';
import { attendPages, rotateIntoPages } from './paged-attention.ts';

type AnyAttention = Attention | LatentAttention;

/** Queries, keys and values of all tokens, heads side by side. */
interface Projected {
  readonly q: Matrix;
  readonly k: Matrix;
  readonly v: Matrix;
  readonly shape: AttentionShape;
}

/** What the output projection reads, `[T, heads · valueDim]`, for inputs x `[T, H]`, which are rounded in place. */
export async function attend(context: BlockContext, mixer: AnyAttention, x: Matrix): Promise<Matrix> {
  const { T } = context.tables;
  const width = mixer.heads * (mixer.kind === 'attention' ? mixer.headDim : mixer.valueDim);
  const out = takeMatrix(context, T, width);
  const mark = context.scratch.mark();
  const { q, k, v, shape } =
    mixer.kind === 'attention' ? await project(context, mixer, x) : await projectLatent(context, mixer, x);
  const { hooks, tables, ops } = context;
  if (hooks.keysValues !== undefined)
    await hooks.keysValues({
      ...{ keys: k, values: v },
      keyWidth: shape.kvHeads * shape.keyDim,
      valueWidth: shape.kvHeads * shape.valueDim,
    });
  if (hooks.memory?.kind === 'pages')
    attendPages(context, hooks.memory.cache, { q, k, v, shape, isStored: mixer.kind === 'attention' }, out);
  else ops.attention(q, k, v, out, shape, tables.attention);
  context.scratch.release(mark);
  await readByLinears(context, { name: mixer.o.name, x: out, M: T, K: width });
  return out;
}

/** The rule by which queries meet keys, as the kernel takes it. */
export function attentionShape(mixer: AnyAttention, slopes: number): AttentionShape {
  const { heads, scale, softCap, slidingWindow, position } = mixer;
  const isPlain = mixer.kind === 'attention';
  return {
    ...{ heads, scale, slopes },
    kvHeads: isPlain ? mixer.kvHeads : heads,
    keyDim: isPlain ? mixer.headDim : mixer.plainDim + mixer.rotaryDim,
    valueDim: isPlain ? mixer.headDim : mixer.valueDim,
    softCap: softCap ?? 0,
    window: slidingWindow ?? 0,
    roundedFactor: position.kind === 'alibi' && position.rounded ? position.factor : 0,
  };
}

async function project(context: BlockContext, mixer: Attention, x: Matrix): Promise<Projected> {
  const { T } = context.tables;
  const { heads, kvHeads, headDim, position, queryKeyNorm } = mixer;
  const [Nq, Nkv] = [heads * headDim, kvHeads * headDim];
  const N = Nq + 2 * Nkv;
  await readByLinears(context, { name: mixer.q.name, x, M: T, K: context.hiddenSize });
  const qkv = takeMatrix(context, T, N);
  addLinear(context, 'qkv', x, qkv, [T, N, context.hiddenSize]);
  const [q, k, v] = [qkv, columns(qkv, Nq), columns(qkv, Nq + Nkv)];
  if (queryKeyNorm !== null) {
    addHeadNorm(context, queryKeyNorm.q, 'q.norm', queryKeyNorm.over, q, heads, headDim);
    addHeadNorm(context, queryKeyNorm.k, 'k.norm', queryKeyNorm.over, k, kvHeads, headDim);
  }
  const shape = attentionShape(mixer, context.image.atOrZero('slopes'));
  const { memory } = context.hooks;
  const round = () => roundCached(context, asVectors(k, headDim), T, 2 * kvHeads, headDim);
  const isEarly = context.precision.kv?.preRope === true;
  if (isEarly) round();
  if (memory?.kind === 'pages') rotateIntoPages(context, memory.cache, position, qkv, shape);
  // Query and key heads are neighbours, as are those of keys and values.
  else rotate(context, position, asVectors(qkv, headDim), heads + kvHeads);
  if (!isEarly) round();
  return { q, k, v, shape };
}

/** In place, over each head or over all of them together. */
function addHeadNorm(
  context: BlockContext,
  norm: Norm,
  name: string,
  over: 'head' | 'all',
  x: Matrix,
  heads: number,
  headDim: number,
): void {
  const { ops, image, tables } = context;
  const weights = { weight: image.at(name), bias: image.atOrZero(`${name}.bias`) };
  const [count, width] = over === 'all' ? [1, heads * headDim] : [heads, headDim];
  ops.norm(norm, weights, asVectors(x, width), asVectors(x, width), tables.T, count, width);
}

/**
 * Keys and values are expanded per head, so that attention runs as any other; the position part of the keys, which all
 * heads share, is repeated. Source: DeepSeek-AI 2024, arXiv:2405.04434, section 2.1.
 */
async function projectLatent(context: BlockContext, mixer: LatentAttention, x: Matrix): Promise<Projected> {
  const { T } = context.tables;
  const { heads, plainDim, rotaryDim, latentSize, query, kvDown, position } = mixer;
  const keyDim = plainDim + rotaryDim;
  const first = query.kind === 'full' ? query.q : query.down;
  const N = first.outFeatures + kvDown.outFeatures;
  await readByLinears(context, { name: first.name, x, M: T, K: context.hiddenSize });
  const down = takeMatrix(context, T, N);
  addLinear(context, 'latent', x, down, [T, N, context.hiddenSize]);
  const q = query.kind === 'full' ? down : await expandQueries(context, query, down);
  rotate(context, position, asVectors(columns(q, plainDim), keyDim), heads);
  const latent = columns(down, first.outFeatures);
  const turning = columns(latent, latentSize);
  const turn = () => rotate(context, position, asVectors(turning, rotaryDim), 1);
  if (!context.precision.kv?.preRope) turn();
  roundCached(context, asVectors(turning), T, 1, rotaryDim);
  if (context.precision.kv?.preRope) turn();
  const { k, v } = await expandKeysValues(context, mixer, latent, turning);
  return { q, k, v, shape: attentionShape(mixer, context.image.atOrZero('slopes')) };
}

/** `[T, heads · keyDim]` from the latent of the queries. */
async function expandQueries(
  context: BlockContext,
  { down, norm, up }: Extract<LatentAttention['query'], { kind: 'latent' }>,
  x: Matrix,
): Promise<Matrix> {
  const { T } = context.tables;
  const latent = takeMatrix(context, T, down.outFeatures);
  addNorm(context, norm, 'q.norm', x, latent, T, down.outFeatures);
  await readByLinears(context, { name: up.name, x: latent, M: T, K: down.outFeatures });
  const queries = takeMatrix(context, T, up.outFeatures);
  addLinear(context, 'q.up', latent, queries, [T, up.outFeatures, down.outFeatures]);
  return queries;
}

/** Keys `[T, heads · keyDim]` and values `[T, heads · valueDim]`. */
async function expandKeysValues(context: BlockContext, mixer: LatentAttention, x: Matrix, turning: Matrix) {
  const { ops } = context;
  const { T } = context.tables;
  const { heads, plainDim, rotaryDim, valueDim, latentSize, kvNorm, kvUp } = mixer;
  const keyDim = plainDim + rotaryDim;
  const latent = takeMatrix(context, T, latentSize);
  addNorm(context, kvNorm, 'kv.norm', x, latent, T, latentSize);
  roundCached(context, asVectors(latent), T, 1, latentSize);
  await readByLinears(context, { name: kvUp.name, x: latent, M: T, K: latentSize });
  const both = takeMatrix(context, T, kvUp.outFeatures);
  addLinear(context, 'kv.up', latent, both, [T, kvUp.outFeatures, latentSize]);
  const k = takeMatrix(context, T, heads * keyDim);
  const v = takeMatrix(context, T, heads * valueDim);
  const pair = plainDim + valueDim;
  ops.move(asVectors(both, pair), asVectors(k, keyDim), T, heads, plainDim);
  ops.move(asVectors(turning, 0), asVectors(columns(k, plainDim), keyDim), T, heads, rotaryDim);
  ops.move(asVectors(columns(both, plainDim), pair), asVectors(v, valueDim), T, heads, valueDim);
  return { k, v };
}
