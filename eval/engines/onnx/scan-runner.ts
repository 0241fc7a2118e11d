/** Runs blocks with a selective scan: projections of all tokens at once, then the recurrence run by run. */
import { engineErrors as errors } from '../../errors/engine.ts';
import type { Block, SelectiveScan } from '../../families/architecture.ts';
import { Scanner, type ScanWeights } from '../../math/selective-scan.ts';
import type { WeightSource } from '../../weights.ts';
import type { Observe } from '../engine.ts';
import type { BlockRunner, BlockState, PreparedChunk, RunHooks, RunnerKind, Step } from './block-runner.ts';
import { feedWeights, normTable, type WeightTable } from './block-weights.ts';
import { scanInputGraph, scanOutputGraph, scanWeights } from './graphs/scan.ts';
import { observeInputs } from './observe-inputs.ts';
import type { Build } from './programs.ts';
import type { Feed, Feeds, Program } from './runtime.ts';
import { memoryBytes, ScanState } from './scan-memory.ts';
import { pastRows, type ScanTile, tapsOf, tilesOfRuns, updateTails } from './scan-tiles.ts';

// Many tokens make matrix products fast, few keep the values of a tile in the cache.
const TILE_TOKENS = 512;

export const scanRunner: RunnerKind = {
  async load(programs, { hiddenSize }, given, weights) {
    const block = scanBlock(given);
    const table = { ...normTable('mixer', block.mixerNorms), ...scanWeights(block.mixer) };
    const stage = async (name: string, build: Build) => {
      const program = await programs.compiled(name, [block, hiddenSize], build);
      return { program, weights: await feedWeights(program, table, weights) };
    };
    return new ScanRunner({
      mixer: block.mixer,
      table,
      hiddenSize,
      input: await stage('scan input', (precision) => scanInputGraph(block, hiddenSize, precision)),
      output: await stage('scan output', (precision) => scanOutputGraph(block, hiddenSize, precision)),
      recurrence: await recurrenceWeights(block.mixer, weights),
    });
  },
  createState: (block, texts) => new ScanState(scanBlock(block).mixer, texts),
  stateBytes: (block) => memoryBytes(scanBlock(block).mixer),
};

/** Throws `engine/unsupported`. */
function scanBlock(block: Block): Block & { mixer: SelectiveScan } {
  const { mixer, mixerNorms, feedForward } = block;
  if (mixer.kind !== 'selective-scan') throw new TypeError(`${mixer.kind} is not a selective scan`);
  if (feedForward !== null || mixerNorms.output !== null || mixerNorms.after !== null)
    throw errors.unsupported('onnx', 'a selective scan with a feed-forward or a norm after it');
  return { ...block, mixer };
}

async function recurrenceWeights(
  { logDecay, skip }: SelectiveScan,
  weights: WeightSource,
): Promise<ScanWeights> {
  const decay = (await weights.tensor(logDecay)).map((value) => -Math.exp(value));
  return { decay, skip: await weights.tensor(skip) };
}

interface Stage {
  readonly program: Program;
  readonly weights: Feeds;
}

interface Parts {
  readonly mixer: SelectiveScan;
  readonly table: WeightTable;
  readonly hiddenSize: number;
  readonly input: Stage;
  readonly output: Stage;
  readonly recurrence: ScanWeights;
}

class ScanRunner implements BlockRunner {
  readonly #parts: Parts;
  readonly #scanner: Scanner;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#scanner = new Scanner(parts.mixer.innerSize, parts.mixer.stateSize);
    this.#scanner.use(parts.recurrence);
  }

  async run({ chunk }: PreparedChunk, hidden: Float32Array, { observe, remember }: RunHooks): Promise<void> {
    const H = this.#parts.hiddenSize;
    const texts = remember?.texts ?? [];
    for (const tile of tilesOfRuns(chunk, this.#parts.mixer, TILE_TOKENS)) {
      const rows = hidden.subarray(tile.from * H, tile.to * H);
      rows.set(await this.#advance(tile, rows, observe));
      for (const { text, to } of texts) {
        const piece = tile.pieces.find((candidate) => tile.from + candidate.to === to);
        if (piece !== undefined) scanState(remember!.state).store(text, piece.memory);
      }
    }
  }

  step(_: Step, hidden: Float32Array, state: BlockState): Promise<Float32Array> {
    const pieces = scanState(state).memories.map((memory, text) => ({
      ...{ from: text, to: text + 1, source: null, memory },
    }));
    return this.#advance({ from: 0, to: pieces.length, pieces }, hidden);
  }

  /** Float32 `[M, H]` in and out; the memories of the tile's pieces become those after their last tokens. */
  async #advance(tile: ScanTile, hidden: Float32Array, observe?: Observe): Promise<Float32Array> {
    const { mixer, table, input, output, hiddenSize } = this.#parts;
    const rows = tile.to - tile.from;
    const feed = (data: Float32Array | Int32Array, width: number): Feed => ({
      data,
      dims: [data.length / width, width],
    });
    const width = mixer.convolution.width;
    const feeds: Record<string, Feed> = { hidden: feed(hidden, hiddenSize) };
    if (width > 1) {
      feeds['past'] = feed(pastRows(tile, mixer), mixer.innerSize);
      feeds['taps'] = feed(tapsOf(tile, width), rows);
    }
    const before = await observeInputs(
      input.program,
      { ...input.weights, ...feeds },
      ['fresh', 'x', 'delta', 'selection', 'gate'],
      table,
      observe,
    );
    updateTails(tile, before.fresh, mixer);
    const y = this.#scan(tile, before);
    const after = {
      hidden: feed(hidden, hiddenSize),
      y: feed(y, mixer.innerSize),
      gate: feed(before.gate, mixer.innerSize),
    };
    const { result } = await observeInputs(
      output.program,
      { ...output.weights, ...after },
      ['result'],
      table,
      observe,
    );
    return result;
  }

  #scan(
    { pieces }: ScanTile,
    { x, delta, selection }: Record<'x' | 'delta' | 'selection', Float32Array>,
  ): Float32Array {
    const y = new Float32Array(x.length);
    const inputs = { x, step: delta, parameters: selection };
    for (const { from, to, source, memory } of pieces) {
      if (source !== null) memory.state.set(pieces[source].memory.state);
      this.#scanner.run(inputs, from, to, memory.state, y);
    }
    return y;
  }
}

function scanState(state: BlockState): ScanState {
  if (!(state instanceof ScanState)) throw new TypeError('the state was made for another kind of block');
  return state;
}
