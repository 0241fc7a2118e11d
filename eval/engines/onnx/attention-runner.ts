/** Runs blocks with attention of any kind: keys and values of all tokens first, then the tokens tile by tile. */
import type { Block } from '../../families/architecture.ts';
import type { Observe } from '../engine.ts';
import type { Tile } from '../tiles.ts';
import {
  attentionFeeds,
  type Memory,
  type MemoryLayout,
  type Queries,
  wholeTexts,
} from './attention-feeds.ts';
import type { BlockRunner, BlockState, PreparedChunk, RunHooks, RunnerKind, Step } from './block-runner.ts';
import { feedWeights, normTable, type WeightTable } from './block-weights.ts';
import { Experts } from './experts.ts';
import { attendGraph } from './graphs/attend.ts';
import { keysValuesGraph } from './graphs/keys-values.ts';
import { type KeysValues, KeyValueState, keyValueBytes } from './key-value-state.ts';
import { feedForwardLayer } from './layers/feed-forwards.ts';
import { type RotationTables, rotationTables } from './layers/positions.ts';
import {
  type AttentionMixer,
  attentionMixer,
  type Projections,
  projectionsOf,
} from './layers/projections.ts';
import { observeInputs } from './observe-inputs.ts';
import type { Build } from './programs.ts';
import type { Feed, Feeds, Program } from './runtime.ts';

export const attentionRunner: RunnerKind = {
  async load(programs, { hiddenSize }, block, weights) {
    const mixer = attentionMixer(block);
    const table = weightTable(block, mixer);
    const stage = async (name: string, build: Build): Promise<Stage> => {
      const program = await programs.compiled(name, [block, hiddenSize], build);
      return { program, weights: await feedWeights(program, table, weights) };
    };
    const { feedForward } = block;
    return new AttentionRunner({
      mixer,
      table,
      hiddenSize,
      experts: feedForward?.kind === 'experts' ? await Experts.load(programs, feedForward, weights) : null,
      keysValues: await stage('keys and values', (precision) =>
        keysValuesGraph(block, hiddenSize, precision),
      ),
      attend: (layout) =>
        stage(layout === 'tokens' ? 'attention and feed-forward' : 'decoding', (precision) =>
          attendGraph(block, hiddenSize, precision, layout),
        ),
    });
  },
  createState: (block, texts, length) => new KeyValueState(widthsOf(block), texts, length),
  stateBytes: (block, length) => keyValueBytes(widthsOf(block), length),
};

function weightTable(
  { mixerNorms, feedForwardNorms, feedForward }: Block,
  mixer: AttentionMixer,
): WeightTable {
  return {
    ...normTable('mixer', mixerNorms),
    ...projectionsOf(mixer).weights,
    ...normTable('feedForward', feedForwardNorms),
    ...(feedForward === null || feedForward.kind === 'experts' ? {} : feedForwardLayer(feedForward).weights),
  };
}

function widthsOf(block: Block) {
  const { kvHeads, keyDim, valueDim } = projectionsOf(attentionMixer(block));
  return { kvHeads, keyDim, valueDim };
}

/** A compiled graph with the weights that it is fed. */
interface Stage {
  readonly program: Program;
  readonly weights: Feeds;
}

interface Parts {
  readonly mixer: AttentionMixer;
  readonly table: WeightTable;
  readonly hiddenSize: number;
  readonly keysValues: Stage;
  /** For keys and values that lie in this way. */
  readonly attend: (layout: MemoryLayout) => Promise<Stage>;
  readonly experts: Experts | null;
}

interface Attended {
  /** What the queries become, float32 `[M, H]`; without what experts add, where there are some. */
  readonly result: Float32Array;
  /** What those read. */
  readonly expertsInput?: Float32Array;
}

class AttentionRunner implements BlockRunner {
  readonly #parts: Parts;
  readonly #projections: Projections;
  /** Read when they are needed, and once: a text is scored with one of them and generated with both. */
  readonly #attending = new Map<MemoryLayout, Promise<Stage>>();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#projections = projectionsOf(parts.mixer);
  }

  async run(prepared: PreparedChunk, hidden: Float32Array, hooks: RunHooks): Promise<void> {
    const { observe, observeCache, remember } = hooks;
    const { mixer, hiddenSize: H, experts } = this.#parts;
    const tables = prepared.tables(mixer.position);
    const all = await this.#keysValues(hidden, tables, observe);
    observeCache?.(all);
    const expertsInput = new Float32Array(experts === null ? 0 : hidden.length);
    for (const tile of prepared.tiles(mixer.heads, mixer.slidingWindow)) {
      const queries = { hidden: hidden.subarray(tile.from * H, tile.to * H), tables: slice(tables, tile) };
      const attended = await this.#attendTile(prepared, tile, queries, all, observe);
      // Later tiles read keys and values of these tokens, never their hidden states again.
      hidden.set(attended.result, tile.from * H);
      if (attended.expertsInput !== undefined) expertsInput.set(attended.expertsInput, tile.from * H);
    }
    // All tokens of the chunk at once, so that an expert's share of them makes a matrix product worth its while.
    await experts?.addTo(hidden, expertsInput, observe);
    if (remember === undefined) return;
    const state = keyValueState(remember.state);
    for (const { text, from, to } of remember.texts) state.store(text, 0, all, from, to);
  }

  async step(
    { positions, lengths }: Step,
    hidden: Float32Array,
    blockState: BlockState,
  ): Promise<Float32Array> {
    const state = keyValueState(blockState);
    const { position } = this.#parts.mixer;
    const groups = positions.length;
    const tables = position.kind === 'rope' ? rotationTables(position, { positions, lengths }) : null;
    const fresh = await this.#keysValues(hidden, tables);
    positions.forEach((at, text) => {
      state.store(text, at, fresh, text, text + 1);
    });
    const { capacity, entries } = state;
    // All of a group is one segment; what lies after the end of a text is hidden by its position.
    const segments = new Int32Array(groups);
    const { result, expertsInput } = await this.#attend(
      { groups, hidden, tables, positions, segments, parents: segments },
      { layout: 'heads', ...entries, ...wholeTexts(groups, capacity) },
    );
    if (expertsInput !== undefined) await this.#parts.experts?.addTo(result, expertsInput);
    return result;
  }

  async #keysValues(
    hidden: Float32Array,
    tables: RotationTables | null,
    observe?: Observe,
  ): Promise<KeysValues> {
    const { keysValues, table } = this.#parts;
    const feeds = { ...keysValues.weights, ...this.#rowFeeds(hidden, tables) };
    return observeInputs(keysValues.program, feeds, ['keys', 'values'], table, observe);
  }

  #attendTile(
    { chunk: { positions, segments, parents } }: PreparedChunk,
    { from, to, keyFrom, keyTo }: Tile,
    queries: Pick<Queries, 'hidden' | 'tables'>,
    { keys, values }: KeysValues,
    observe?: Observe,
  ): Promise<Attended> {
    const { kvHeads, keyDim, valueDim } = this.#projections;
    return this.#attend(
      {
        ...queries,
        groups: 1,
        positions: positions.subarray(from, to),
        segments: segments.subarray(from, to),
        parents: parents.subarray(from, to),
      },
      {
        layout: 'tokens',
        keys: keys.subarray(keyFrom * kvHeads * keyDim, keyTo * kvHeads * keyDim),
        values: values.subarray(keyFrom * kvHeads * valueDim, keyTo * kvHeads * valueDim),
        positions: positions.subarray(keyFrom, keyTo),
        segments: segments.subarray(keyFrom, keyTo),
      },
      observe,
    );
  }

  async #attend(queries: Queries, memory: Memory, observe?: Observe): Promise<Attended> {
    const { table, experts } = this.#parts;
    const attend = await this.#stage(memory.layout);
    const rows = this.#rowFeeds(queries.hidden, queries.tables);
    const feeds = { ...attend.weights, ...rows, ...attentionFeeds(queries, memory, this.#projections) };
    const results = ['result', 'expertsInput'] as const;
    const wanted = experts === null ? results.slice(0, 1) : results;
    return observeInputs(attend.program, feeds, wanted, table, observe);
  }

  #stage(layout: MemoryLayout): Promise<Stage> {
    const stage = this.#attending.get(layout) ?? this.#parts.attend(layout);
    this.#attending.set(layout, stage);
    return stage;
  }

  #rowFeeds(hidden: Float32Array, tables: RotationTables | null): Feeds {
    const { hiddenSize } = this.#parts;
    const rows = hidden.length / hiddenSize;
    const states = { hidden: { data: hidden, dims: [rows, hiddenSize] } };
    if (tables === null) return states;
    const table = (data: Float32Array): Feed => ({ data, dims: [rows, data.length / rows] });
    return { ...states, cos: table(tables.cos), sin: table(tables.sin) };
  }
}

function keyValueState(state: BlockState): KeyValueState {
  if (state instanceof KeyValueState) return state;
  throw new TypeError('an attention block was given the state of another kind of block');
}

function slice(tables: RotationTables | null, { from, to }: Tile): RotationTables | null {
  if (tables === null) return null;
  const { cos, sin, pairs } = tables;
  const part = (table: Float32Array) => table.subarray(from * pairs, to * pairs);
  return { cos: part(cos), sin: part(sin), pairs };
}
