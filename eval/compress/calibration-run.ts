/** Calibration over `embed` and `runBlock`, for every engine: hidden states and Hessians are kept on the host. */
import type { CalibrationPass, Chunk, Engine, LoadedModel } from '../engines/engine.ts';
import { packSequences } from '../engines/pack.ts';
import { compressErrors as errors } from '../errors/compress.ts';
import type { Architecture } from '../families/architecture.ts';
import { siblingsOf } from '../families/linears.ts';
import { ChannelSum } from '../math/channel-sum.ts';
import { HessianSum } from '../math/hessian.ts';
import { cpuOperations } from '../operations/cpu.ts';
import type { ObservedInputs, Wanted } from '../operations/operations.ts';
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

/** Loads the model and starts calibration where its engine does it best. */
export async function startCalibration(
  data: CalibrationData,
  architecture: Architecture,
  weights: WeightSource,
): Promise<CalibrationPass> {
  const model = await data.engine.load(architecture, weights, { workspaceBytes: data.workspaceBytes });
  return model.calibrate?.(data.sequences) ?? CalibrationRun.start(data, architecture, model);
}

export class CalibrationRun implements CalibrationPass {
  readonly #data: CalibrationData;
  readonly #architecture: Architecture;
  readonly #model: LoadedModel;
  readonly #states: State[];
  /** The block whose inputs the states are. */
  #next = 0;

  private constructor(
    data: CalibrationData,
    architecture: Architecture,
    model: LoadedModel,
    states: State[],
  ) {
    this.#data = data;
    this.#architecture = architecture;
    this.#model = model;
    this.#states = states;
  }

  /** Embeds every sequence. Memory: T·H floats over all sequences. */
  static async start(
    data: CalibrationData,
    architecture: Architecture,
    model: LoadedModel,
  ): Promise<CalibrationRun> {
    const states: State[] = [];
    for (const chunk of chunksOf(data.sequences)) states.push({ chunk, hidden: await model.embed(chunk) });
    return new CalibrationRun(data, architecture, model, states);
  }

  async observe(
    index: number,
    weights: WeightSource,
    wanted: Wanted,
    goesOn: boolean,
  ): Promise<Map<string, ObservedInputs>> {
    while (this.#next < index) await this.#advance(weights);
    this.#model.useWeights(remember(weights));
    const sums = new Map(
      siblingsOf(this.#architecture.blocks[index]).map(([first]) => [
        first.name,
        startSums(first.inFeatures, wanted),
      ]),
    );
    const seen = new Set<string>();
    for (const state of this.#states) {
      const { chunk, hidden } = state;
      const output = await this.#model.runBlock(index, chunk, hidden, async (name, inputs, M, K) => {
        seen.add(name);
        const sum = sums.get(name);
        sum?.channels?.add(inputs, M);
        // An expert that no token went to still has its sum, of nothing.
        if (M > 0) sum?.hessian?.add(await this.#data.engine.gram(inputs, M, K));
      });
      if (goesOn) this.#move(index, state, output);
    }
    if (goesOn) this.#next = index + 1;
    const missing = [...sums.keys()].find((name) => !seen.has(name));
    if (missing !== undefined) throw errors.notObserved(missing);
    const operations = this.#data.engine.operations ?? cpuOperations;
    const { length } = this.#data.sequences;
    const finish = ({ hessian, channels }: Sums): ObservedInputs => ({
      hessian: hessian === null ? null : operations.hessian(hessian.finish(length)),
      channels: channels === null ? null : channels.finish(),
    });
    return new Map([...sums].map(([name, sum]) => [name, finish(sum)] as const));
  }

  async close(): Promise<void> {
    this.#states.length = 0;
  }

  /** Replaces every hidden state by the output of the next block. */
  async #advance(weights: WeightSource): Promise<void> {
    const index = this.#next++;
    this.#model.useWeights(remember(weights));
    for (const state of this.#states)
      this.#move(index, state, await this.#model.runBlock(index, state.chunk, state.hidden));
  }

  #move(index: number, state: State, output: Float32Array): void {
    if (!areFinite(output)) throw errors.notFinite(index);
    state.hidden = output;
  }
}

interface Sums {
  readonly hessian: HessianSum | null;
  readonly channels: ChannelSum | null;
}

function startSums(K: number, wanted: Wanted): Sums {
  return {
    hessian: wanted.hessian ? new HessianSum(K) : null,
    channels: wanted.channels ? new ChannelSum(K) : null,
  };
}

/** A plain loop: `every` with a callback takes a noticeable share of a small model's calibration. */
function areFinite(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
  return true;
}

/**
 * Puts neighbouring sequences into chunks; each is a segment of its own, so none sees another.
 * @param limit  tokens of a chunk, unless one sequence is longer
 */
export function chunksOf(sequences: readonly Sequence[], limit = PACKED_TOKENS): readonly Chunk[] {
  const chunks: Chunk[] = [];
  let waiting: number[][] = [];
  let tokens = 0;
  const flush = () => {
    if (waiting.length > 0) chunks.push(packSequences(waiting));
    waiting = [];
    tokens = 0;
  };
  for (const [index, sequence] of sequences.entries()) {
    if (sequence.length === 0) throw errors.emptySequence(index);
    if (tokens + sequence.length > limit) flush();
    waiting.push(Array.from(sequence));
    tokens += sequence.length;
  }
  flush();
  return chunks;
}

/** Keeps what is read while one block runs over all chunks: engines ask for a block's weights with every chunk. */
export function remember(source: WeightSource): WeightSource {
  const kept = new Map<string, Promise<Float32Array>>();
  const once = (name: string, read: () => Promise<Float32Array>) => {
    const found = kept.get(name) ?? read();
    kept.set(name, found);
    return found;
  };
  return {
    linear: (linear) => once(linear.name, () => source.linear(linear)),
    packedLinear: async (linear) => (await source.packedLinear?.(linear)) ?? null,
    tensor: (name) => once(name, () => source.tensor(name)),
    rows: (name, ids) => source.rows(name, ids),
    slice: (name, from, to) => source.slice(name, from, to),
  };
}
