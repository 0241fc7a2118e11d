/** Cuts score requests into batches that an engine runs at once, and says which rows of each chunk predict something. */
import type { Architecture } from '../families/architecture.ts';
import type { Chunk, Divergence, OnProgress, ScoreRequest } from './engine.ts';
import { checkScoreRequests, type PackedChunk, packRequests, type Target } from './pack.ts';

/** A chunk on its way through the model, and what is wanted of its last hidden states. */
export interface Asked {
  readonly chunk: Chunk;
  /** Rows of the chunk that predict a token, ascending, each once, `[R]`. */
  readonly rows: Int32Array;
  /** `row` counts in `rows`. */
  readonly pairs: readonly { readonly row: number; readonly token: number }[];
  readonly wanted: 'distributions' | 'states';
  readonly reference: ReferenceRows | null;
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

/** A chunk with the targets that it predicts. */
export interface AskedChunk {
  readonly asked: Asked;
  readonly targets: readonly Target[];
}

/**
 * Calls `visit` with the answers of one batch after the other, in the order of its chunks.
 * @param wanted     of the rows of every chunk
 * @param reference  what the targets of a chunk are compared with
 * @throws engine/request, engine/too-long
 */
export async function forEachBatch(
  scorer: Scorer,
  requests: readonly ScoreRequest[],
  wanted: Asked['wanted'],
  onProgress: OnProgress | undefined,
  reference: (targets: readonly Target[], pairs: Asked['pairs']) => Asked['reference'],
  visit: (chunk: AskedChunk, answered: Answered) => void,
): Promise<void> {
  const { architecture, chunkTokens, batchTokens } = scorer;
  checkScoreRequests(requests, architecture.vocabSize, architecture.maxPositions);
  const packed = packRequests(requests, Math.min(chunkTokens, batchTokens), lengthLimits(architecture));
  const total = tokenCount(packed);
  const prepare = (batch: readonly PackedChunk[]) =>
    batch.map(({ chunk, targets }) => {
      const query = queryOf(targets, chunk.tokens.length);
      return { asked: { chunk, ...query, wanted, reference: reference(targets, query.pairs) }, targets };
    });
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
  const finish = async ({ chunks, answers }: Running) => {
    for (const [i, answered] of (await answers).entries()) visit(chunks[i], answered);
  };
  let done = 0;
  let running: Running | null = null;
  for (const batch of batches(packed, batchTokens)) {
    // An engine that computes elsewhere works on one batch while the next is laid out and the last is put away.
    const chunks = prepare(batch);
    const last: Running | null = running;
    await last?.answers;
    const size = tokenCount(batch);
    running = start(chunks, size, done);
    if (last !== null) await finish(last);
    done += size;
  }
  if (running !== null) await finish(running);
  onProgress?.(total, total);
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

function queryOf(targets: readonly Target[], T: number): Pick<Asked, 'rows' | 'pairs'> {
  const isWanted = new Uint8Array(T);
  for (const { row } of targets) isWanted[row] = 1;
  const place = new Int32Array(T);
  let count = 0;
  for (let row = 0; row < T; row += 1) {
    place[row] = count;
    count += isWanted[row];
  }
  const rows = new Int32Array(count);
  for (let row = 0; row < T; row += 1) if (isWanted[row] === 1) rows[place[row]] = row;
  return { rows, pairs: targets.map(({ row, token }) => ({ row: place[row], token })) };
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
