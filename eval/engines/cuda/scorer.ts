/** Answers score batches: chunks through the blocks, then the rows that predict something through the head. */
import type { Divergence } from '../engine.ts';
import type { Answered, Asked } from '../score-batches.ts';
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
import { F32 } from './matrix.ts';
import type { Session } from './session.ts';

/** What the host lays out for one chunk: int32 tables, and where its results go. */
interface Prepared {
  readonly asked: Asked;
  /** Places of the pairs, in the order of their rows. */
  readonly order: readonly number[];
  readonly tilePairs: readonly number[];
  /** Chunk rows `[R]`; pair rows, pair rows in their tile, pair tokens `[n]`; chunk rows that are compared. */
  readonly tables: readonly Int32Array[];
}

/** Sizes of the result arrays of a chunk, in bytes: those read on the host come first. */
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

export async function answerBatch(
  session: Session,
  batch: readonly Asked[],
  onBlock: (done: number) => void,
): Promise<readonly Answered[]> {
  const prepared = batch.map(prepare);
  const { travelling, tables } = session.place(
    batch.map(({ chunk }) => chunk),
    prepared.flatMap((own) => own.tables),
  );
  const placed = prepared.map((own, i) => ({
    ...own,
    travelling: travelling[i]!,
    at: tables.slice(i * TABLES, (i + 1) * TABLES),
  }));
  const run = () => session.forward.run(travelling, { onBlock });
  if (batch[0]?.wanted === 'states') {
    await run();
    return readStates(session, placed);
  }
  return readDistributions(session, placed, run);
}

interface PlacedChunk extends Prepared {
  readonly travelling: Travelling;
  /** Device addresses of the tables. */
  readonly at: readonly number[];
}

const TABLES = 5;

function prepare(asked: Asked): Prepared {
  const { rows, pairs, reference } = asked;
  const order = [...pairs.keys()].sort((a, b) => pairs[a]!.row - pairs[b]!.row);
  const tilePairs = [0];
  for (let tile = 1; tile <= Math.ceil(rows.length / ROW_TILE); tile += 1) {
    let end = tilePairs.at(-1)!;
    while (end < order.length && pairs[order[end]!]!.row < tile * ROW_TILE) end += 1;
    tilePairs.push(end);
  }
  const [pairRows, tileRows, tokens] = [
    new Int32Array(order.length),
    new Int32Array(order.length),
    new Int32Array(order.length),
  ];
  for (const [at, i] of order.entries()) {
    const { row, token } = pairs[i]!;
    pairRows[at] = row;
    tileRows[at] = row % ROW_TILE;
    tokens[at] = token;
  }
  const compared = reference?.rows.map((row) => rows[row]!) ?? new Int32Array(0);
  const tables = [rows, pairRows, tileRows, tokens, compared];
  return { asked, order, tilePairs, tables };
}

async function readDistributions(
  session: Session,
  placed: readonly PlacedChunk[],
  run: () => Promise<void>,
): Promise<Answered[]> {
  let [bytes, stateBytes] = [0, 0];
  const places = placed.map(({ asked }) => {
    const { places: own, end } = layOutResults(asked, bytes);
    const reference = stateBytes;
    bytes = end;
    for (const { byteLength } of asked.reference?.states ?? []) stateBytes += byteLength;
    return { ...own, reference };
  });
  // Ranges wait for the device where they grow, so they do before it is at work.
  const base = session.results.atLeast(bytes);
  const states = session.uploads.reserve(stateBytes);
  await run();
  const context = await session.headContext();
  for (const [i, own] of placed.entries()) {
    const { reference, ...at } = places[i]!;
    const placeOf = (name: keyof Places) => base + at[name];
    const to = {
      ...{ highest: placeOf('highest'), sum: placeOf('sum'), best: placeOf('best') },
      ...{ picked: placeOf('picked'), logProbabilities: placeOf('logProbabilities') },
    };
    const compared = {
      ...{ reference: states + reference, state: placeOf('state'), best: placeOf('bests') },
      ...{ kl: placeOf('kl'), same: placeOf('same') },
    };
    if (own.asked.reference !== null) session.uploads.upload(compared.reference, own.asked.reference.states);
    answerChunk(context, own, to, own.asked.reference === null ? null : compared);
  }
  const results = new ArrayBuffer(bytes);
  await session.ops.kernels.downloadAsync({ to: results, from: base, bytes });
  return placed.map((own, i) => answerOf(own, results, places[i]!));
}

/** Where all rows are compared, in their order, their logits are computed once for both questions. */
function answerChunk(
  context: HeadContext,
  { asked, travelling, tilePairs, at }: PlacedChunk,
  to: HeadResults,
  compared: Comparison | null,
): void {
  const [rows, pairRows, tileRows, tokens, comparedRows] = at as [number, number, number, number, number];
  const { hidden } = travelling;
  const isWhole =
    asked.reference?.rows.length === asked.rows.length && asked.reference.rows.every((row, i) => row === i);
  const query = {
    hidden,
    rows,
    R: asked.rows.length,
    tilePairs,
    pairs: { rows: pairRows, tileRows, tokens },
  };
  scoreRows(context, query, to, isWhole ? compared : null);
  if (compared !== null && !isWhole)
    compareRows(context, hidden, comparedRows, asked.reference?.rows.length ?? 0, compared);
}

/** Arrays one behind the other, each aligned. */
function layOutResults({ rows, pairs, reference }: Asked, start: number) {
  const [R, n, c] = [rows.length, pairs.length, reference?.rows.length ?? 0];
  let end = start;
  const place = (bytes: number) => {
    const at = end;
    end += aligned(bytes);
    return at;
  };
  const places: Places = {
    ...{ logProbabilities: place(n * 8), best: place(R * 4), kl: place(c * 8), same: place(c) },
    ...{ highest: place(R * 4), sum: place(R * 8), picked: place(n * 4) },
    ...{ state: place(c * 5 * 8), bests: place(c * 2 * 4) },
  };
  return { places, end };
}

function answerOf({ asked, order }: Prepared, results: ArrayBuffer, places: Places): Answered {
  const sorted = new Float64Array(results, places.logProbabilities, order.length);
  const logProbabilities = new Float64Array(order.length);
  for (const [at, i] of order.entries()) logProbabilities[i] = sorted[at]!;
  const argMax = new Int32Array(results, places.best, asked.rows.length);
  return { logProbabilities, argMax, states: null, divergence: divergenceOf(asked, results, places) };
}

function divergenceOf({ reference }: Asked, results: ArrayBuffer, { kl, same }: Places): Divergence | null {
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
  for (const { asked, travelling, at } of placed) {
    const states = new Float32Array(asked.rows.length * K);
    for (let from = 0; from < asked.rows.length; from += ROW_TILE) {
      const mark = scratch.mark();
      const R = Math.min(ROW_TILE, asked.rows.length - from);
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
