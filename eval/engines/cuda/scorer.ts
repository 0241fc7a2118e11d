/** Answers score batches: chunks through the blocks, then the rows that predict something through the head. */
import type { Divergence } from '../engine.ts';
import type { Answered, Asked } from '../score-batches.ts';
import { aligned } from './arena.ts';
import type { Travelling } from './forward.ts';
import { compareRows, ROW_TILE, readOut, scoreRows } from './head.ts';
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
  await session.forward.run(travelling, { onBlock });
  const placed = prepared.map((own, i) => ({
    ...own,
    travelling: travelling[i]!,
    at: tables.slice(i * TABLES, (i + 1) * TABLES),
  }));
  return batch[0]?.wanted === 'states' ? readStates(session, placed) : readDistributions(session, placed);
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
  const tables = [
    rows,
    Int32Array.from(order, (i) => pairs[i]!.row),
    Int32Array.from(order, (i) => pairs[i]!.row % ROW_TILE),
    Int32Array.from(order, (i) => pairs[i]!.token),
    Int32Array.from(reference?.rows ?? [], (row) => rows[row]!),
  ];
  return { asked, order, tilePairs, tables };
}

async function readDistributions(session: Session, placed: readonly PlacedChunk[]): Promise<Answered[]> {
  let bytes = 0;
  const places = placed.map(({ asked }) => {
    const own = layOutResults(asked, bytes);
    bytes = own.end;
    return own.places;
  });
  const base = session.results.atLeast(bytes);
  const context = await session.headContext();
  for (const [i, own] of placed.entries()) {
    const at = (name: keyof Places) => base + places[i]![name];
    const [rows, pairRows, tileRows, tokens, compared] = own.at as [number, number, number, number, number];
    scoreRows(
      context,
      {
        ...{ hidden: own.travelling.hidden, rows, R: own.asked.rows.length, tilePairs: own.tilePairs },
        pairs: { rows: pairRows, tileRows, tokens },
      },
      {
        ...{ highest: at('highest'), sum: at('sum'), best: at('best'), picked: at('picked') },
        logProbabilities: at('logProbabilities'),
      },
    );
    const { reference } = own.asked;
    if (reference === null) continue;
    compareRows(
      context,
      {
        hidden: own.travelling.hidden,
        rows: compared,
        R: reference.rows.length,
        reference: reference.states,
      },
      { state: at('state'), best: at('bests'), kl: at('kl'), same: at('same') },
    );
  }
  const results = new ArrayBuffer(bytes);
  await session.ops.kernels.downloadAsync({ to: results, from: base, bytes });
  return placed.map((own, i) => answerOf(own, results, places[i]!));
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
