/** The hidden states of all calibration sequences on their way through the model, one block after the other. */
import type { Chunk, Engine, LoadedModel } from '../engines/engine.ts';
import { compressErrors as errors } from '../errors/compress.ts';
import { type Architecture, siblingsOf } from '../families/architecture.ts';
import { type Hessian, HessianSum } from '../math/hessian.ts';
import type { WeightSource } from '../weights.ts';

/** Token ids of one sequence. */
export type Sequence = ArrayLike<number>;

export interface CalibrationData {
  readonly engine: Engine;
  readonly sequences: readonly Sequence[];
  /** Upper bound in bytes for what the engine holds besides weights. */
  readonly workspaceBytes: number;
}

/** Short sequences are packed up to this many tokens, since a matrix product over few rows is slow. */
const PACKED_TOKENS = 512;

interface State {
  readonly chunk: Chunk;
  /** Float32 `[T, H]`, the input of the next block. */
  hidden: Float32Array;
}

export class CalibrationRun {
  readonly #data: CalibrationData;
  readonly #architecture: Architecture;
  readonly #model: LoadedModel;
  readonly #states: readonly State[];

  private constructor(
    data: CalibrationData,
    architecture: Architecture,
    model: LoadedModel,
    states: readonly State[],
  ) {
    this.#data = data;
    this.#architecture = architecture;
    this.#model = model;
    this.#states = states;
  }

  /** Loads the model and embeds every sequence. Memory: T·H floats over all sequences. */
  static async start(
    data: CalibrationData,
    architecture: Architecture,
    weights: WeightSource,
  ): Promise<CalibrationRun> {
    const model = await data.engine.load(architecture, weights, { workspaceBytes: data.workspaceBytes });
    const states: State[] = [];
    for (const chunk of packSequences(data.sequences))
      states.push({ chunk, hidden: await model.embed(chunk) });
    return new CalibrationRun(data, architecture, model, states);
  }

  /** Runs a block on all sequences without moving on, and returns the Hessian of each distinct input, by first linear. */
  async observe(index: number, weights: WeightSource): Promise<Map<string, Hessian>> {
    this.#model.useWeights(weights);
    const sums = new Map<string, HessianSum>();
    for (const [first] of siblingsOf(this.#architecture.blocks[index])) {
      sums.set(first.name, new HessianSum(first.inFeatures));
    }
    const seen = new Set<string>();
    for (const { chunk, hidden } of this.#states) {
      await this.#model.runBlock(index, chunk, hidden, async (name, inputs, M, K) => {
        seen.add(name);
        sums.get(name)?.add(await this.#data.engine.gram(inputs, M, K));
      });
    }
    const missing = [...sums.keys()].find((name) => !seen.has(name));
    if (missing !== undefined) throw errors.notObserved(missing);
    const hessians = [...sums].map(([name, sum]) => [name, sum.finish(this.#data.sequences.length)] as const);
    return new Map(hessians);
  }

  /** Replaces every hidden state by the output of a block with these weights. Throws `compress/not-finite`. */
  async advance(index: number, weights: WeightSource): Promise<void> {
    this.#model.useWeights(weights);
    for (const state of this.#states) {
      state.hidden = await this.#model.runBlock(index, state.chunk, state.hidden);
      if (!state.hidden.every(Number.isFinite)) throw errors.notFinite(index);
    }
  }
}

/** Puts neighbouring sequences into chunks; each is a segment of its own, so none sees another. */
export function packSequences(sequences: readonly Sequence[]): readonly Chunk[] {
  const chunks: Chunk[] = [];
  let waiting: Sequence[] = [];
  let tokens = 0;
  for (const [index, sequence] of sequences.entries()) {
    if (sequence.length === 0) throw errors.emptySequence(index);
    if (tokens > 0 && tokens + sequence.length > PACKED_TOKENS) {
      chunks.push(toChunk(waiting, tokens));
      waiting = [];
      tokens = 0;
    }
    waiting.push(sequence);
    tokens += sequence.length;
  }
  if (tokens > 0) chunks.push(toChunk(waiting, tokens));
  return chunks;
}

function toChunk(sequences: readonly Sequence[], T: number): Chunk {
  const chunk = {
    tokens: new Int32Array(T),
    positions: new Int32Array(T),
    segments: new Int32Array(T),
    parents: new Int32Array(T),
  };
  let at = 0;
  for (const [segment, sequence] of sequences.entries()) {
    for (let i = 0; i < sequence.length; i++, at++) {
      chunk.tokens[at] = sequence[i];
      chunk.positions[at] = i;
      chunk.segments[at] = segment;
      chunk.parents[at] = segment;
    }
  }
  return chunk;
}
