/** Cuts score requests into batches that an engine runs at once, and says which rows of each chunk predict something. */
import { setImmediate } from 'node:timers/promises';
import type { Architecture } from '../families/architecture.ts';
import type { Chunk, Divergence, FinalStates, OnProgress, ScoreRequest } from './engine.ts';
import { checkScoreRequests, type PackedChunk, packRequests, type Target } from './pack.ts';

/** A chunk on its way through the model, and what is wanted of its last hidden states. */
export interface Asked {
  readonly chunk: Chunk;
  readonly wanted: 'distributions' | 'states';
  readonly sizes: QuestionSizes;
  /** Laid out when first called for, so that an engine that computes elsewhere can begin before. */
  readonly questions: () => Questions;
}

/** Known before the questions are laid out. */
export interface QuestionSizes {
  /** Rows that predict something, at most. */
  readonly mostRows: number;
  readonly pairs: number;
  readonly compared: number;
}

export interface Questions {
  /** Rows of the chunk that predict a token, ascending, each once, `[R]`. */
  readonly rows: Int32Array;
  readonly pairs: Pairs;
  /** Null where nothing is compared. */
  readonly reference: ReferenceRows | null;
}

/** Which distribution is asked for which token: rows, counted in those that predict, and tokens, `[pairs]` each. */
export interface Pairs {
  readonly rows: Int32Array;
  readonly tokens: Int32Array;
}

/** Rows, counted in those that are asked for, whose distributions are compared with those of another model. */
export interface ReferenceRows {
  readonly rows: Int32Array;
  /** States of the other model, float32 `[compared, K]` in pieces that follow one another. */
  readonly states: readonly Float32Array[];
}

export interface Answered {
  /** ln p, float64 `[pairs]`; not finite where the forward pass overflowed. Empty where states are wanted. */
  readonly logProbabilities: Float64Array;
  /** Most probable token of each row, `[R]`; the lowest id of equals. Empty where states are wanted. */
  readonly argMax: Int32Array;
  /** What the head has read, float32 `[R, K]`; null unless wanted. */
  readonly states: Float32Array | null;
  /** By row of the reference; null where there is none. */
  readonly divergence: Divergence | null;
}

/** What scoring needs of an engine. */
export interface Scorer {
  readonly architecture: Architecture;
  /** Tokens of a chunk, unless one sequence is longer, and of all chunks of a batch together. */
  readonly chunkTokens: number;
  readonly batchTokens: number;
  /**
   * Runs the chunks of a batch through all blocks and answers them in their order.
   * @param onBlock  called with the number of blocks that are done, from 1
   */
  answer(batch: readonly Asked[], onBlock: (done: number) => void): Promise<readonly Answered[]>;
}

/** A chunk with the targets that it predicts, the pairs of one after those of the other. */
export interface AskedChunk {
  readonly asked: Asked;
  readonly targets: readonly Target[];
}

export interface Wanted {
  /** Of the rows of every chunk. */
  readonly wanted: Asked['wanted'];
  /** What the first requests are compared with. */
  readonly reference: FinalStates;
  readonly onProgress: OnProgress | undefined;
}

/**
 * Calls `visit` with the answers of one batch after the other, in the order of its chunks.
 * @throws engine/request, engine/too-long
 */
export async function forEachBatch(
  scorer: Scorer,
  requests: readonly ScoreRequest[],
  { wanted, reference, onProgress }: Wanted,
  visit: Visit,
): Promise<void> {
  const { architecture, chunkTokens, batchTokens } = scorer;
  checkScoreRequests(requests, architecture.vocabSize, architecture.maxPositions);
  const packed = packRequests(requests, Math.min(chunkTokens, batchTokens), lengthLimits(architecture));
  const total = tokenCount(packed);
  const start = (chunks: readonly AskedChunk[], size: number, done: number): Running => {
    const share = size / (architecture.blocks.length + 1);
    const answers = scorer.answer(
      chunks.map(({ asked }) => asked),
      (blocks) => onProgress?.(done + Math.floor(share * blocks), total),
    );
    // Where putting away the batch before this one fails, nobody waits for this one.
    answers.catch(() => undefined);
    return { chunks, answers };
  };
  let done = 0;
  let running: Running | null = null;
  for (const batch of batches(packed, batchTokens)) {
    const last: Running | null = running;
    await last?.answers;
    const size = tokenCount(batch);
    const chunks = batch.map((chunk) => ask(chunk, wanted, reference));
    running = start(chunks, size, done);
    if (last !== null) {
      // An engine that computes elsewhere begins with this batch before the last one is put away.
      await setImmediate();
      await putAway(last, visit);
    }
    done += size;
  }
  if (running !== null) await putAway(running, visit);
  onProgress?.(total, total);
}

type Visit = (chunk: AskedChunk, answered: Answered) => void;

async function putAway({ chunks, answers }: Running, visit: Visit): Promise<void> {
  for (const [i, answered] of (await answers).entries()) visit(chunks[i], answered);
}

interface Running {
  readonly chunks: readonly AskedChunk[];
  readonly answers: Promise<readonly Answered[]>;
}

/** Text lengths beyond which positions are computed differently. */
function lengthLimits({ blocks }: Architecture): readonly number[] {
  const limits = new Set<number>();
  for (const { mixer } of blocks) {
    if (mixer.kind === 'selective-scan' || mixer.position.kind !== 'rope') continue;
    if (mixer.position.long !== null) limits.add(mixer.position.long.beyond);
  }
  return [...limits];
}

function ask({ chunk, targets }: PackedChunk, wanted: Asked['wanted'], reference: FinalStates): AskedChunk {
  const pairs = pairCount(targets);
  const compared = pairCount(targets.filter(({ request }) => request < reference.length));
  const sizes = { mostRows: Math.min(pairs, chunk.tokens.length), pairs, compared };
  let made: Questions | undefined;
  const questions = () => {
    made ??= layOutQuestions(targets, chunk.tokens.length, sizes, reference);
    return made;
  };
  return { asked: { chunk, wanted, sizes, questions }, targets };
}

function pairCount(targets: readonly Target[]): number {
  return targets.reduce((sum, { tokens }) => sum + tokens.length, 0);
}

function layOutQuestions(
  targets: readonly Target[],
  T: number,
  sizes: QuestionSizes,
  reference: FinalStates,
): Questions {
  const pairs = { rows: new Int32Array(sizes.pairs), tokens: new Int32Array(sizes.pairs) };
  const isWanted = new Uint8Array(T);
  let at = 0;
  for (const { tokens, firstRow, nextRow } of targets) {
    pairs.tokens.set(tokens, at);
    for (let offset = 0; offset < tokens.length; offset += 1, at += 1) {
      const row = offset === 0 ? firstRow : nextRow + offset - 1;
      pairs.rows[at] = row;
      isWanted[row] = 1;
    }
  }
  const place = new Int32Array(T);
  const rows = new Int32Array(sizes.mostRows);
  let count = 0;
  for (let row = 0; row < T; row += 1) {
    if (isWanted[row] === 0) continue;
    place[row] = count;
    rows[count] = row;
    count += 1;
  }
  for (let i = 0; i < at; i += 1) pairs.rows[i] = place[pairs.rows[i]];
  const compared = sizes.compared === 0 ? null : referenceOf(targets, pairs, sizes.compared, reference);
  return { rows: rows.subarray(0, count), pairs, reference: compared };
}

function referenceOf(
  targets: readonly Target[],
  pairs: Pairs,
  count: number,
  reference: FinalStates,
): ReferenceRows {
  const rows = new Int32Array(count);
  const states: Float32Array[] = [];
  let [done, at] = [0, 0];
  for (const { request, continuation, tokens } of targets) {
    const end = at + tokens.length;
    if (request < reference.length) {
      states.push(reference[request][continuation]);
      rows.set(pairs.rows.subarray(at, end), done);
      done += tokens.length;
    }
    at = end;
  }
  return { rows, states };
}

/** Groups of chunks with at most `limit` tokens; a chunk over the limit stands alone. */
function* batches(packed: readonly PackedChunk[], limit: number): Generator<PackedChunk[]> {
  let batch: PackedChunk[] = [];
  for (const chunk of packed) {
    if (batch.length > 0 && tokenCount(batch) + tokenCount([chunk]) > limit) {
      yield batch;
      batch = [];
    }
    batch.push(chunk);
  }
  if (batch.length > 0) yield batch;
}

function tokenCount(packed: readonly PackedChunk[]): number {
  return packed.reduce((sum, { chunk }) => sum + chunk.tokens.length, 0);
}
