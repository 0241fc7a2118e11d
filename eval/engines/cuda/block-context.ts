/** What the parts of a block share while it runs over a chunk, and the steps that several of them take. */
import type { Norm, Position, Rope } from '../../families/architecture.ts';
import type { ForwardPrecision } from '../forward-quantizer.ts';
import type { Scratch } from './arena.ts';
import type { ChunkTables } from './chunk.ts';
import type { Image } from './layout.ts';
import { asVectors, type Dtype, ELEMENT_BYTES, F32, type Matrix, type Vectors } from './matrix.ts';
import type { Ops, WeightAndBias } from './ops.ts';

/** What linears read, queued but perhaps not yet computed: `[M, K]` in device memory. */
export interface DeviceInputs {
  /** Of the first of the linears that read them. */
  readonly name: string;
  readonly x: Matrix;
  readonly M: number;
  readonly K: number;
  /**
   * Where rows belong to experts: rows `slots[e] … slots[e + 1]` (int32 `[E + 1]` in device memory) are read by
   * `names[e]`; `name` is the first of these.
   */
  readonly experts?: { readonly names: readonly string[]; readonly slots: number };
}

/** Keys, rotated and rounded, and values of all tokens, as attention reads them. */
export interface DeviceKeysValues {
  readonly keys: Matrix;
  readonly values: Matrix;
  readonly keyWidth: number;
  readonly valueWidth: number;
}

/** What a selective scan ends with, by run of the chunk: float32 `[S, width − 1, C]` and `[S, C, n]`. */
export interface DeviceScanMemory {
  readonly history: number;
  readonly state: number;
}

/**
 * Called while the work of a block is queued, on the stream of the engine: what they queue there comes before the block
 * goes on. Buffers are used again later.
 */
export interface BlockHooks {
  readonly observe?: (inputs: DeviceInputs) => void | Promise<void>;
  /** Nobody reads what the block puts out: it ends behind the last input that a linear reads. @default false */
  readonly endsWithInputs?: boolean;
  readonly keysValues?: (cache: DeviceKeysValues) => void | Promise<void>;
  readonly scanMemory?: (memory: DeviceScanMemory) => void | Promise<void>;
  /** Where the block keeps what it knows of the texts of which the rows are one new token each (generation). */
  readonly memory?: BlockMemory;
}

/** What a block remembers of texts that are being generated, text by text. */
export type BlockMemory =
  | { readonly kind: 'pages'; readonly cache: PagedCache }
  | ({ readonly kind: 'scan' } & DeviceScanMemory);

/** Keys and values in pages; device addresses. */
export interface PagedCache {
  readonly keys: number;
  readonly values: number;
  /** int32 `[texts, maxPages]`. */
  readonly pageTable: number;
  readonly maxPages: number;
  readonly pageSize: number;
  /** int32 `[texts]`: where the new token stands, −1 for a row that is no text. */
  readonly positions: number;
  /** int32 `[texts]`: 0, 1, 2 … */
  readonly texts: number;
  /** As bl_attention_scratch asks for. */
  readonly scratch: number;
}

/** Cosines and sines by position. */
export interface RotationTables {
  readonly cos: number;
  readonly sin: number;
}

export interface BlockContext {
  readonly ops: Ops;
  readonly scratch: Scratch;
  readonly image: Image;
  readonly tables: ChunkTables;
  readonly rotation: (rope: Rope) => RotationTables;
  readonly precision: ForwardPrecision;
  readonly hooks: BlockHooks;
  /** Float32 `[T, H]`, replaced in place. */
  readonly hidden: Matrix;
  readonly hiddenSize: number;
}

/** A buffer of M rows without gaps. */
export function takeMatrix({ scratch, ops }: BlockContext, M: number, width: number, dtype?: Dtype): Matrix {
  const own = dtype ?? ops.dtype;
  return { at: scratch.take(M * width * ELEMENT_BYTES[own]), dtype: own, stride: width };
}

/** Norm of M rows of `width` values from `x` into `out`; a copy where the norm is null. */
export function addNorm(
  { ops, image }: BlockContext,
  norm: Norm | null,
  name: string,
  x: Matrix,
  out: Matrix,
  M: number,
  width: number,
): void {
  if (norm === null) {
    ops.moveRows(x, out, M, width);
    return;
  }
  ops.norm(norm, weightAndBias(image, name), asVectors(x), asVectors(out), M, 1, width);
}

/** out `[M, N]` = x `[M, K]` · wᵀ + bias of the part `name`. */
export function addLinear(
  { ops, image }: BlockContext,
  name: string,
  x: Matrix,
  out: Matrix,
  [M, N, K]: readonly [number, number, number],
): void {
  ops.linear(x, weightAndBias(image, name), out, [M, N, K]);
}

export function weightAndBias(image: Image, name: string): WeightAndBias {
  return { weight: image.at(name), bias: image.atOrZero(`${name}.bias`) };
}

/** hidden += norm(x · wᵀ + bias) for x `[T, K]`: the way back from a mixer or feed-forward. */
export function addToHidden(
  context: BlockContext,
  name: string,
  x: Matrix,
  K: number,
  norm: Norm | null,
  normName: string,
): void {
  const { ops, image, scratch, hidden, hiddenSize: H, tables } = context;
  if (norm === null) {
    ops.linear(x, weightAndBias(image, name), hidden, [tables.T, H, K], true);
    return;
  }
  const mark = scratch.mark();
  const result = takeMatrix(context, tables.T, H, F32);
  addLinear(context, name, x, result, [tables.T, H, K]);
  addNorm(context, norm, normName, result, result, tables.T, H);
  ops.add(hidden, result, tables.T, H);
  scratch.release(mark);
}

/** Shows what linears read, then rounds it as the pass rounds activations. */
export async function readByLinears(context: BlockContext, inputs: DeviceInputs): Promise<void> {
  if (context.hooks.observe !== undefined) await context.hooks.observe(inputs);
  roundActivations(context, inputs.x, inputs.M, inputs.K);
}

/** One grid a row. */
export function roundActivations(
  { ops, precision: { activations } }: BlockContext,
  x: Matrix,
  M: number,
  K: number,
): void {
  if (activations !== null) ops.roundGroups(activations, asVectors(x), M, 1, K, K);
}

/** What is kept of a token to attend to: `inner` vectors of `width` values a row, one grid a group of each. */
export function roundCached(
  { ops, precision: { kv } }: BlockContext,
  x: Vectors,
  M: number,
  inner: number,
  width: number,
): void {
  if (kv !== null) ops.roundGroups(kv, x, M, inner, width, kv.group === -1 ? width : kv.group);
}

/** Turns `heads` vectors of each row by the position of its token; leaves them where positions do not rotate. */
export function rotate(
  { ops, tables, rotation }: BlockContext,
  position: Position,
  x: Vectors,
  heads: number,
) {
  if (position.kind !== 'rope') return;
  ops.rope(
    x,
    {
      ...rotation(position),
      rows: tables.rotationRows(position),
      half: position.inverseFrequencies.length,
      interleaved: position.layout === 'interleaved',
    },
    tables.T,
    heads,
  );
}
