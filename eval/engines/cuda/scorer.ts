/** Answers score batches: chunks through the blocks, then the rows that predict something through the head. */
import { setImmediate } from 'node:timers/promises';
import type { Divergence } from '../engine.ts';
import type { Answered, Asked, QuestionSizes, Questions } from '../score-batches.ts';
import { aligned } from './arena.ts';
import type { Travelling } from './forward.ts';
import {
  type Comparison,
  compareRows,
  type HeadContext,
  type HeadResults,
  ROW_TILE,
  readOut,
  scoreRows,
} from './head.ts';
import { type HeadTables, headTableBytes, headTables } from './head-tables.ts';
import { F32 } from './matrix.ts';
import type { Session } from './session.ts';
import { joined } from './uploads.ts';

/** Where the result arrays of a chunk begin, in bytes. */
interface Places {
  readonly logProbabilities: number;
  readonly best: number;
  readonly kl: number;
  readonly same: number;
  readonly highest: number;
  readonly sum: number;
  readonly picked: number;
  readonly state: number;
  readonly bests: number;
}

interface PlacedChunk {
  readonly questions: Questions;
  readonly travelling: Travelling;
  readonly host: HeadTables;
  /** Device addresses of the tables, and what was copied there, which stays referenced until all is done. */
  readonly at: readonly number[];
  readonly copied: Int32Array;
}

/**
 * Queues the chunks first. What only the head needs is laid out and uploaded while the device works on them: until then
 * it would have nothing to do.
 */
export async function answerBatch(
  session: Session,
  batch: readonly Asked[],
  onBlock: (done: number) => void,
): Promise<readonly Answered[]> {
  const roomBytes = batch.reduce((sum, { sizes }) => sum + headTableBytes(sizes), 0);
  const chunks = batch.map(({ chunk }) => chunk);
  const { travelling, room } = session.place(chunks, [], roomBytes);
  const run = async () => {
    const running = session.forward.run(travelling, { onBlock });
    running.catch(() => undefined);
    try {
      // The turn ends where all is queued, or where there is so much that the queue has to get shorter first.
      await setImmediate();
      return placeQuestions(session, batch, travelling, room);
    } finally {
      await running;
    }
  };
  if (batch[0]?.wanted === 'states') return readStates(session, await run());
  return readDistributions(session, batch, run);
}

function placeQuestions(
  { uploads }: Session,
  batch: readonly Asked[],
  travelling: readonly Travelling[],
  room: number,
): readonly PlacedChunk[] {
  const questions = batch.map((asked) => asked.questions());
  const hosts = questions.map(headTables);
  const { data, starts } = joined(hosts.flatMap(({ tables }) => tables));
  uploads.upload(room, [data]);
  const addresses = starts.map((start) => room + start * Int32Array.BYTES_PER_ELEMENT);
  let done = 0;
  return hosts.map((host, i) => {
    const at = addresses.slice(done, done + host.tables.length);
    done += host.tables.length;
    return { questions: questions[i]!, travelling: travelling[i]!, host, at, copied: data };
  });
}

async function readDistributions(
  session: Session,
  batch: readonly Asked[],
  run: () => Promise<readonly PlacedChunk[]>,
): Promise<Answered[]> {
  const { places, hostBytes, bytes } = layOutResults(batch.map(({ sizes }) => sizes));
  const K = session.parts.architecture.head.inFeatures;
  const compared = batch.reduce((sum, { sizes }) => sum + sizes.compared, 0);
  // Ranges wait for the device where they grow, so they do before it is at work.
  const base = session.results.atLeast(bytes);
  let reference = session.uploads.reserve(compared * K * Float32Array.BYTES_PER_ELEMENT);
  const placed = await run();
  const context = await session.headContext();
  for (const [i, own] of placed.entries()) {
    const placeOf = (name: keyof Places) => base + places[i]![name];
    const to = {
      ...{ highest: placeOf('highest'), sum: placeOf('sum'), best: placeOf('best') },
      ...{ picked: placeOf('picked'), logProbabilities: placeOf('logProbabilities') },
    };
    const comparison = {
      ...{ reference, state: placeOf('state'), best: placeOf('bests') },
      ...{ kl: placeOf('kl'), same: placeOf('same') },
    };
    const states = own.questions.reference?.states ?? null;
    if (states !== null) session.uploads.upload(reference, states);
    for (const { byteLength } of states ?? []) reference += byteLength;
    answerChunk(context, own, to, states === null ? null : comparison);
  }
  const results = new ArrayBuffer(hostBytes);
  await session.ops.kernels.downloadAsync({ to: results, from: base, bytes: hostBytes });
  return placed.map((own, i) => answerOf(own, results, places[i]!));
}

/** Where all rows are compared, in their order, their logits are computed once for both questions. */
function answerChunk(
  context: HeadContext,
  { questions, travelling, host, at }: PlacedChunk,
  to: HeadResults,
  compared: Comparison | null,
): void {
  const [rows, pairRows, tileRows, tokens, comparedRows] = at as [number, number, number, number, number];
  const { hidden } = travelling;
  const { reference } = questions;
  const R = questions.rows.length;
  const isWhole = reference?.rows.length === R && reference.rows.every((row, i) => row === i);
  const pairs = { rows: pairRows, tileRows, tokens };
  const query = { hidden, rows, R, tilePairs: host.tilePairs, pairs };
  scoreRows(context, query, to, isWhole ? compared : null);
  if (compared !== null && !isWhole)
    compareRows(context, hidden, comparedRows, reference?.rows.length ?? 0, compared);
}

/** Arrays one behind the other, each aligned; those that are read on the host, of all chunks, come first. */
function layOutResults(batch: readonly QuestionSizes[]) {
  let bytes = 0;
  const place = (own: number) => {
    const at = bytes;
    bytes += aligned(own);
    return at;
  };
  const read = batch.map(({ mostRows: R, pairs: n, compared: c }) => ({
    ...{ logProbabilities: place(n * 8), best: place(R * 4), kl: place(c * 8), same: place(c) },
  }));
  const hostBytes = bytes;
  const places = batch.map(
    ({ mostRows: R, pairs: n, compared: c }, i): Places => ({
      ...read[i]!,
      ...{ highest: place(R * 4), sum: place(R * 8), picked: place(n * 4) },
      ...{ state: place(c * 5 * 8), bests: place(c * 2 * 4) },
    }),
  );
  return { places, hostBytes, bytes };
}

function answerOf({ questions, host }: PlacedChunk, results: ArrayBuffer, places: Places): Answered {
  const { order } = host;
  const sorted = new Float64Array(results, places.logProbabilities, order.length);
  const logProbabilities = new Float64Array(order.length);
  for (let at = 0; at < order.length; at += 1) logProbabilities[order[at]!] = sorted[at]!;
  const argMax = new Int32Array(results, places.best, questions.rows.length);
  return { logProbabilities, argMax, states: null, divergence: divergenceOf(questions, results, places) };
}

function divergenceOf(
  { reference }: Questions,
  results: ArrayBuffer,
  { kl, same }: Places,
): Divergence | null {
  if (reference === null) return null;
  const count = reference.rows.length;
  return {
    klNats: new Float64Array(results, kl, count),
    isSameTop: new Uint8Array(results, same, count),
  };
}

/** Float32 `[R, K]` of every chunk. */
async function readStates(session: Session, placed: readonly PlacedChunk[]): Promise<Answered[]> {
  const context = await session.headContext();
  const { ops, scratch, architecture } = context;
  const K = architecture.head.inFeatures;
  const answers: Answered[] = [];
  for (const { questions, travelling, at } of placed) {
    const { rows } = questions;
    const states = new Float32Array(rows.length * K);
    for (let from = 0; from < rows.length; from += ROW_TILE) {
      const mark = scratch.mark();
      const R = Math.min(ROW_TILE, rows.length - from);
      const read = readOut(context, travelling.hidden, at[0]! + from * 4, R);
      const exact = { at: scratch.take(R * K * 4), dtype: F32, stride: K };
      ops.moveRows(read, exact, R, K);
      const to = states.subarray(from * K, (from + R) * K);
      await ops.kernels.downloadAsync({ to, from: exact.at, bytes: to.byteLength });
      scratch.release(mark);
    }
    answers.push({
      logProbabilities: new Float64Array(0),
      argMax: new Int32Array(0),
      states,
      divergence: null,
    });
  }
  return answers;
}
