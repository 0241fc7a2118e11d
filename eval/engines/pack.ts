/** Packs score requests into chunks: shared contexts once, no padding, the same chunks whatever the order of requests. */
import { engineErrors as errors } from '../errors/engine.ts';
import type { Chunk, ScoreRequest } from './engine.ts';
import { compareTokens, TokenMap, type Tokens } from './token-map.ts';

/** A continuation that a request asks for, all of whose tokens are predicted by rows of one chunk. */
export interface Target {
  readonly request: number;
  readonly continuation: number;
  readonly tokens: Tokens;
  /** The row of the chunk whose distribution scores the first token. */
  readonly firstRow: number;
  /** That of the second token; those of the others follow it. */
  readonly nextRow: number;
}

export interface PackedChunk {
  readonly chunk: Chunk;
  readonly targets: readonly Target[];
}

/** A distinct continuation and where it was asked for. */
interface Branch {
  readonly tokens: Tokens;
  readonly askedBy: readonly { readonly request: number; readonly continuation: number }[];
}

/** A context with continuations that are computed together. */
interface Unit {
  readonly context: Tokens;
  readonly branches: readonly Branch[];
  readonly size: number;
}

/**
 * @param maxTokens  length of a chunk; a single longer sequence still gets a chunk of its own
 * @param limits     text lengths beyond which the model computes differently: continuations share a context only where
 *                   they are on the same side of all of them
 * Chunks come longest sequences first, so that what needs most memory fails first.
 */
export function packRequests(
  requests: readonly ScoreRequest[],
  maxTokens: number,
  limits: readonly number[] = [],
): PackedChunk[] {
  const units = gather(requests, limits).flatMap((unit) => splitUnit(unit, maxTokens));
  units.sort((a, b) => b.size - a.size || compareTokens(a.context, b.context) || compareBranches(a, b));
  const chunks: PackedChunk[] = [];
  let pending: Unit[] = [];
  let size = 0;
  for (const unit of units) {
    if (pending.length > 0 && size + unit.size > maxTokens) {
      chunks.push(layOut(pending, size));
      pending = [];
      size = 0;
    }
    pending.push(unit);
    size += unit.size;
  }
  if (pending.length > 0) chunks.push(layOut(pending, size));
  return chunks;
}

/**
 * One chunk of whole sequences, each a segment of its own.
 * @param lengths  of the texts that the sequences will become; as they are unless given
 */
export function packSequences(sequences: readonly Tokens[], lengths?: readonly number[]): Chunk {
  const size = sequences.reduce((sum, { length }) => sum + length, 0);
  const writer = new ChunkWriter(size);
  for (const [index, tokens] of sequences.entries()) {
    writer.segment(tokens, lengths?.[index] ?? tokens.length, 0, null);
  }
  return writer.chunk;
}

/**
 * Checks requests before any work.
 * @throws engine/request, engine/too-long
 */
export function checkScoreRequests(
  requests: readonly ScoreRequest[],
  vocabSize: number,
  maxPositions: number,
): void {
  requests.forEach(({ context, continuations }, index) => {
    if (context.length === 0)
      throw errors.request(index, 'its context is empty, so there is nothing to predict from');
    if (continuations.length === 0) throw errors.request(index, 'it has no continuation');
    checkTokens(context, index, vocabSize);
    for (const continuation of continuations) {
      if (continuation.length === 0) throw errors.request(index, 'one of its continuations is empty');
      checkTokens(continuation, index, vocabSize);
      const positions = context.length + continuation.length - 1;
      if (positions > maxPositions) throw errors.tooLong(index, positions, maxPositions);
    }
  });
}

/** Throws `engine/request` for anything that is not a token id. */
export function checkTokens(tokens: Tokens, index: number, vocabSize: number): void {
  for (const token of tokens) {
    if (token >= 0 && token < vocabSize && Number.isInteger(token)) continue;
    throw errors.request(index, `${token} is not a token id; there are ${vocabSize}`);
  }
}

interface GatheredBranch extends Branch {
  readonly askedBy: Branch['askedBy'][number][];
}

/** A context with its distinct continuations in the order in which they were first asked for. */
interface Gathered {
  readonly context: Tokens;
  readonly branches: GatheredBranch[];
  readonly byTokens: TokenMap<GatheredBranch>;
}

/** Joins requests with one context, and equal continuations of it. */
function gather(requests: readonly ScoreRequest[], limits: readonly number[]): Unit[] {
  const all: Gathered[] = [];
  const append = <T>(list: T[], made: T) => {
    list.push(made);
    return made;
  };
  // By how many limits a text is beyond.
  const contexts = Array.from({ length: limits.length + 1 }, () => new TokenMap<Gathered>());
  requests.forEach(({ context, continuations }, request) => {
    const own: (Gathered | undefined)[] = [];
    continuations.forEach((tokens, continuation) => {
      const beyond = limits.filter((limit) => readLength(context, tokens) > limit).length;
      own[beyond] ??= contexts[beyond].getOrMake(context, () =>
        append(all, { context, branches: [], byTokens: new TokenMap() }),
      );
      const { branches, byTokens } = own[beyond];
      const branch = byTokens.getOrMake(tokens, () => append(branches, { tokens, askedBy: [] }));
      branch.askedBy.push({ request, continuation });
    });
  });
  return all.map(({ context, branches }) =>
    unitOf(
      context,
      branches.sort((a, b) => compareTokens(a.tokens, b.tokens)),
    ),
  );
}

/** A unit over the limit becomes several, each with the context again. */
function splitUnit(unit: Unit, maxTokens: number): Unit[] {
  if (unit.size <= maxTokens) return [unit];
  const parts: Branch[][] = [[]];
  let size = unit.context.length;
  for (const branch of unit.branches) {
    const length = branch.tokens.length - 1;
    if (parts.at(-1)!.length > 0 && size + length > maxTokens) {
      parts.push([]);
      size = unit.context.length;
    }
    parts.at(-1)!.push(branch);
    size += length;
  }
  return parts.map((branches) => unitOf(unit.context, branches));
}

/** The last token of a continuation is only predicted, never read. */
function readLength(context: Tokens, continuation: Tokens): number {
  return context.length + continuation.length - 1;
}

function unitOf(context: Tokens, branches: readonly Branch[]): Unit {
  const size = branches.reduce((sum, { tokens }) => sum + tokens.length - 1, context.length);
  return { context, branches, size };
}

function layOut(units: readonly Unit[], size: number): PackedChunk {
  const writer = new ChunkWriter(size);
  const targets: Target[] = [];
  for (const { context, branches } of units) {
    const longest = Math.max(...branches.map(({ tokens }) => readLength(context, tokens)));
    const prefix = writer.segment(context, longest, 0, null);
    const contextEnd = writer.length - 1;
    for (const { tokens, askedBy } of branches) {
      const start = writer.length;
      // A single continuation goes on in the segment of its context.
      const segment = branches.length === 1 ? prefix : null;
      if (tokens.length > 1) writer.segment(tokens.slice(0, -1), longest, context.length, prefix, segment);
      for (const asked of askedBy) targets.push({ ...asked, tokens, firstRow: contextEnd, nextRow: start });
    }
  }
  return { chunk: writer.chunk, targets };
}

class ChunkWriter {
  readonly chunk: Chunk;
  length = 0;
  #segments = 0;

  constructor(size: number) {
    const column = () => new Int32Array(size);
    this.chunk = {
      tokens: column(),
      positions: column(),
      segments: column(),
      parents: column(),
      lengths: column(),
    };
  }

  /** Appends tokens as a new segment (or more of segment `into`) and returns the segment's number. */
  segment(
    tokens: Tokens,
    length: number,
    firstPosition: number,
    parent: number | null,
    into: number | null = null,
  ): number {
    const segment = into ?? this.#segments++;
    const { chunk, length: start } = this;
    const end = start + tokens.length;
    chunk.tokens.set(tokens, start);
    for (let row = start; row < end; row += 1) chunk.positions[row] = firstPosition + row - start;
    chunk.segments.fill(segment, start, end);
    chunk.parents.fill(into ?? parent ?? segment, start, end);
    chunk.lengths.fill(length, start, end);
    this.length = end;
    return segment;
  }
}

function compareBranches(a: Unit, b: Unit): number {
  return compareTokens(a.branches[0].tokens, b.branches[0].tokens);
}
