/** The output projection: from hidden states to log-probabilities of targets, over tiles of the vocabulary. */
import type { Architecture } from '../../families/architecture.ts';
import type { WeightSource } from '../../weights.ts';
import type { Divergence } from '../engine.ts';
import type { Pairs } from '../score-batches.ts';
import { feedWeights } from './block-weights.ts';
import { DivergenceSum, type TileComparison } from './divergence.ts';
import { divergenceGraph, logitsGraph, readoutGraph, scoreGraph } from './graphs/head.ts';
import type { Programs } from './programs.ts';
import type { Feed, Feeds, Program } from './runtime.ts';

/** Which distributions are asked for which tokens. */
export interface HeadQuery {
  /** Float32 `[R, H]`, out of the last block; overwritten. */
  readonly hidden: Float32Array;
  readonly pairs: Pairs;
}

export interface HeadAnswer {
  /** ln p, float64 `[pairs]`. */
  readonly logProbabilities: Float64Array;
  /** Most probable token of each row, `[R]`; the lowest id of equals. */
  readonly argMax: Int32Array;
  /** Rows without a distribution, because the forward pass overflowed, `[R]`. */
  readonly overflowed: readonly boolean[];
  /** Float32 `[R, K]`: what the head has read. */
  readonly states: Float32Array;
}

export interface HeadLimits {
  /** Head rows in memory at once. */
  readonly vocabularyTile: number;
  readonly rowTile: number;
}

/** A query whose `hidden` is `[R, K]`, as the head reads it. */
interface Running extends HeadQuery {
  readonly logSumExp: Float64Array;
  readonly highest: Float32Array;
  readonly argMax: Int32Array;
  readonly picked: Float32Array;
}

/** Rows `from … to` of the head, ready to feed. */
interface VocabularyTile {
  readonly feeds: Feeds;
  readonly from: number;
  readonly to: number;
}

const COMPARED = [
  'logSumExpP',
  'logSumExpQ',
  'difference',
  'highestP',
  'highestQ',
  'argMaxP',
  'argMaxQ',
] as const satisfies readonly (keyof TileComparison)[];

export class Head {
  readonly #programs: Programs;
  readonly #architecture: Architecture;
  readonly #limits: HeadLimits;

  constructor(programs: Programs, architecture: Architecture, limits: HeadLimits) {
    this.#programs = programs;
    this.#architecture = architecture;
    this.#limits = limits;
  }

  /** Answers all queries while each part of the head is read once. */
  async score(weights: WeightSource, queries: readonly HeadQuery[]): Promise<HeadAnswer[]> {
    const running: Running[] = [];
    for (const { hidden, pairs } of queries) {
      const rows = hidden.length / this.#architecture.hiddenSize;
      running.push(startQuery({ hidden: await this.readOut(weights, hidden), pairs }, rows));
    }
    for await (const tile of this.#vocabularyTiles(weights)) {
      for (const query of running) await this.#scoreTile(query, tile);
    }
    return running.map(({ hidden: states, pairs, picked, logSumExp, argMax }) => ({
      states,
      logProbabilities: Float64Array.from(pairs.rows, (row, i) => picked[i] - logSumExp[row]),
      argMax,
      overflowed: Array.from(logSumExp, (value) => !Number.isFinite(value)),
    }));
  }

  /** Compares the distributions of two sets of states that a head has read, float32 `[R, K]` each. */
  async compare(weights: WeightSource, reference: Float32Array, states: Float32Array): Promise<Divergence> {
    const rows = states.length / this.#architecture.head.inFeatures;
    const sum = new DivergenceSum(rows);
    const program = await this.#program('divergence', divergenceGraph);
    for await (const { feeds: head, from } of this.#vocabularyTiles(weights)) {
      // Two sets of logits are alive at a time.
      for (const [first, last] of ranges(rows, Math.max(1, Math.floor(this.#limits.rowTile / 2)))) {
        const rowsOf = (all: Float32Array) => this.#rows(all, first, last);
        const feeds = { ...head, reference: rowsOf(reference), hidden: rowsOf(states) };
        const floats = await program.runMixed(feeds, COMPARED);
        sum.add(floats as unknown as TileComparison, first, from);
      }
    }
    return sum.finish();
  }

  /** Float32 `[R, V]` for hidden states `[R, H]` out of the last block, which are overwritten. */
  async logits(weights: WeightSource, states: Float32Array): Promise<Float32Array> {
    const { hiddenSize: H, vocabSize: V } = this.#architecture;
    const rows = states.length / H;
    const logits = new Float32Array(rows * V);
    const program = await this.#program('logits', logitsGraph);
    const hidden = await this.readOut(weights, states);
    for await (const { feeds: head, from, to } of this.#vocabularyTiles(weights)) {
      for (const [first, last] of ranges(rows, this.#limits.rowTile)) {
        const feeds = { ...head, hidden: this.#rows(hidden, first, last) };
        const tile = (await program.run(feeds, ['logits'])).logits;
        for (let row = first; row < last; row += 1) {
          const start = (row - first) * (to - from);
          logits.set(tile.subarray(start, start + to - from), row * V + from);
        }
      }
    }
    return logits;
  }

  async *#vocabularyTiles(weights: WeightSource): AsyncGenerator<VocabularyTile> {
    const { head, vocabSize } = this.#architecture;
    for (const [from, to] of ranges(vocabSize, this.#limits.vocabularyTile)) {
      const feeds: Record<string, Feed> = {
        head: { data: await weights.slice(head.tensor, from, to), dims: [to - from, head.inFeatures] },
      };
      if (head.bias !== undefined) {
        feeds['head.bias'] = {
          data: (await weights.tensor(head.bias)).subarray(from, to),
          dims: [to - from],
        };
      }
      yield { feeds, from, to };
    }
  }

  /**
   * Float32 `[R, K]`: what the head reads for hidden states `[R, H]` out of the last block. In place where the width stays
   * the same.
   */
  async readOut(weights: WeightSource, hidden: Float32Array): Promise<Float32Array> {
    const { finalNorm, headProjection, hiddenSize: H, head } = this.#architecture;
    if (finalNorm === null && headProjection === null) return hidden;
    const parts = [finalNorm, headProjection, H];
    const program = await this.#programs.compiled('readout', parts, () => readoutGraph(this.#architecture));
    const fed = await feedWeights(program, { finalNorm, headProjection }, weights);
    const rows = hidden.length / H;
    const K = head.inFeatures;
    const read = K === H ? hidden : new Float32Array(rows * K);
    for (const [first, last] of ranges(rows, this.#limits.rowTile)) {
      const states = { data: hidden.subarray(first * H, last * H), dims: [last - first, H] };
      read.set((await program.run({ ...fed, hidden: states }, ['result'])).result, first * K);
    }
    return read;
  }

  #program(name: string, build: typeof scoreGraph): Promise<Program> {
    const { head, logitSoftCap } = this.#architecture;
    // Tiles of the vocabulary differ in height, so that one graph serves heads of every height.
    const parts = [{ ...head, outFeatures: 0 }, logitSoftCap];
    return this.#programs.compiled(name, parts, () => build(head, logitSoftCap));
  }

  async #scoreTile(query: Running, { feeds: head, from, to }: VocabularyTile): Promise<void> {
    const program = await this.#program('head', scoreGraph);
    const { rows, tokens } = query.pairs;
    const mine = [...tokens.keys()].filter((i) => tokens[i] >= from && tokens[i] < to);
    for (const [first, last] of ranges(query.argMax.length, this.#limits.rowTile)) {
      const here = mine.filter((i) => rows[i] >= first && rows[i] < last);
      const pairs = here.flatMap((i) => [rows[i] - first, tokens[i] - from]);
      // A graph cannot be fed nothing, so a tile without targets picks one value that nobody reads.
      const data = Int32Array.from(pairs.length > 0 ? pairs : [0, 0]);
      const feeds = {
        ...head,
        hidden: this.#rows(query.hidden, first, last),
        pairs: { data, dims: [data.length / 2, 2] },
      };
      const tile = await program.runMixed(feeds, ['logSumExp', 'highest', 'argMax', 'picked']);
      here.forEach((i, at) => {
        query.picked[i] = tile.picked[at];
      });
      for (let row = first; row < last; row += 1) {
        merge(
          query,
          row,
          from,
          tile.logSumExp[row - first],
          tile.highest[row - first],
          tile.argMax[row - first],
        );
      }
    }
  }

  #rows(hidden: Float32Array, first: number, last: number): Feed {
    const K = this.#architecture.head.inFeatures;
    return { data: hidden.subarray(first * K, last * K), dims: [last - first, K] };
  }
}

function startQuery(query: HeadQuery, rows: number): Running {
  return {
    ...query,
    logSumExp: new Float64Array(rows).fill(Number.NEGATIVE_INFINITY),
    highest: new Float32Array(rows).fill(Number.NEGATIVE_INFINITY),
    argMax: new Int32Array(rows),
    picked: new Float32Array(query.pairs.tokens.length),
  };
}

/** Joins one vocabulary tile's part of a row to the part so far. Tiles come in order, so ties stay with the lower id. */
function merge(
  query: Running,
  row: number,
  offset: number,
  logSumExp: number,
  highest: number,
  argMax: number,
): void {
  const [low, high] = [query.logSumExp[row], logSumExp].sort((a, b) => a - b);
  query.logSumExp[row] = high + Math.log1p(Math.exp(low - high));
  if (highest > query.highest[row]) {
    query.highest[row] = highest;
    query.argMax[row] = offset + argMax;
  }
}

function* ranges(length: number, step: number): Generator<readonly [from: number, to: number]> {
  for (let from = 0; from < length; from += step) yield [from, Math.min(length, from + step)];
}
