/** One attention block with its weights loaded: computes keys and values of tokens, and what tokens become. */
import type { Architecture, Block, Linear, Norm } from '../../families/architecture.ts';
import type { WeightSource } from '../../weights.ts';
import type { Observe } from '../engine.ts';
import type { RotationTables } from './layers/positions.ts';
import type { Programs } from './programs.ts';
import type { Feed, Feeds, Program } from './runtime.ts';

/** Float32 `[M, kvHeads, headDim]` each; keys are rotated. */
export interface KeysValues {
  readonly keys: Float32Array;
  readonly values: Float32Array;
}

/** Tokens to compute: B groups of m, M = B·m rows. */
export interface Queries {
  readonly groups: number;
  /** Float32 `[M, H]`. */
  readonly hidden: Float32Array;
  readonly tables: RotationTables;
  readonly positions: Int32Array;
  readonly segments: Int32Array;
  readonly parents: Int32Array;
}

/** What they may attend to: B groups of n keys. */
export interface Memory extends KeysValues {
  readonly positions: Int32Array;
  readonly segments: Int32Array;
}

export class LoadedBlock {
  readonly block: Block;
  readonly #hiddenSize: number;
  readonly #keysValues: Stage;
  readonly #attend: Stage;

  constructor(block: Block, hiddenSize: number, keysValues: Stage, attend: Stage) {
    this.block = block;
    this.#hiddenSize = hiddenSize;
    this.#keysValues = keysValues;
    this.#attend = attend;
  }

  /** @param hidden  float32 `[M, H]`  @param tables  for its rows */
  async keysValues(hidden: Float32Array, tables: RotationTables, observe?: Observe): Promise<KeysValues> {
    const { weights, program } = this.#keysValues;
    const feeds = { ...weights, ...this.#rowFeeds(hidden, tables) };
    if (observe === undefined) return program.run(feeds, ['keys', 'values']);
    const { kInput, ...result } = await program.run(feeds, ['keys', 'values', 'kInput']);
    // q, k and v read the same values; they are reported once, as q's.
    await observe(this.block.mixer.q.name, kInput, kInput.length / this.#hiddenSize, this.#hiddenSize);
    return result;
  }

  /** Float32 `[M, H]`: the block's output for the queries. */
  async attend(queries: Queries, memory: Memory, observe?: Observe): Promise<Float32Array> {
    const { mixer, feedForward } = this.block;
    const { weights, program } = this.#attend;
    const rows = this.#rowFeeds(queries.hidden, queries.tables);
    const feeds = { ...weights, ...rows, ...attentionFeeds(queries, memory, mixer.kvHeads, mixer.headDim) };
    if (observe === undefined) return (await program.run(feeds, ['result'])).result;
    const seen = await program.run(feeds, ['result', 'oInput', 'gateInput', 'downInput']);
    const M = queries.hidden.length / this.#hiddenSize;
    await observe(mixer.o.name, seen.oInput, M, mixer.o.inFeatures);
    await observe(feedForward.gate.name, seen.gateInput, M, this.#hiddenSize);
    await observe(feedForward.down.name, seen.downInput, M, feedForward.down.inFeatures);
    return seen.result;
  }

  #rowFeeds(hidden: Float32Array, { cos, sin }: RotationTables): Feeds {
    const rows = hidden.length / this.#hiddenSize;
    const table = (data: Float32Array): Feed => ({ data, dims: [rows, this.block.mixer.headDim / 2] });
    return { hidden: { data: hidden, dims: [rows, this.#hiddenSize] }, cos: table(cos), sin: table(sin) };
  }
}

/** A compiled graph with the weights that it is fed. */
interface Stage {
  readonly program: Program;
  readonly weights: Feeds;
}

/** Reads the weights of block `index` and pairs them with the compiled graphs of its shape. */
export async function loadBlock(
  programs: Programs,
  { blocks, hiddenSize }: Architecture,
  index: number,
  weights: WeightSource,
): Promise<LoadedBlock> {
  const block = blocks[index];
  const { q, k, v, o } = block.mixer;
  const { gate, up, down } = block.feedForward;
  const mixerNorm = await normFeed(weights, 'mixerNorm', block.mixerNorm);
  const feedForwardNorm = await normFeed(weights, 'feedForwardNorm', block.feedForwardNorm);
  const [first, second] = await Promise.all([
    linearFeeds(weights, { k, v }),
    linearFeeds(weights, { q, o, gate, up, down }),
  ]);
  return new LoadedBlock(
    block,
    hiddenSize,
    { program: await programs.keysValues(block, hiddenSize), weights: { ...mixerNorm, ...first } },
    {
      program: await programs.attend(block, hiddenSize),
      weights: { ...mixerNorm, ...second, ...feedForwardNorm },
    },
  );
}

function attentionFeeds(queries: Queries, memory: Memory, kvHeads: number, headDim: number): Feeds {
  const { groups } = queries;
  const query = (data: Int32Array): Feed => ({ data, dims: [groups, data.length / groups] });
  const keyed = (data: Float32Array): Feed => ({
    data,
    dims: [groups, memory.positions.length / groups, kvHeads, headDim],
  });
  return {
    queryPositions: query(queries.positions),
    querySegments: query(queries.segments),
    queryParents: query(queries.parents),
    keyPositions: query(memory.positions),
    keySegments: query(memory.segments),
    keys: keyed(memory.keys),
    values: keyed(memory.values),
  };
}

async function normFeed(weights: WeightSource, name: string, norm: Norm): Promise<Feeds> {
  const data = await weights.tensor(norm.tensor);
  return { [name]: { data, dims: [data.length] } };
}

async function linearFeeds(weights: WeightSource, linears: Readonly<Record<string, Linear>>): Promise<Feeds> {
  const feeds: Record<string, Feed> = {};
  for (const [name, linear] of Object.entries(linears)) {
    const { outFeatures, inFeatures, bias, rows } = linear;
    feeds[name] = { data: await weights.linear(linear), dims: [outFeatures, inFeatures] };
    if (bias === undefined) continue;
    const data = await weights.tensor(bias);
    feeds[`${name}.bias`] = { data: rows === undefined ? data : data.subarray(...rows), dims: [outFeatures] };
  }
  return feeds;
}
