/** One attention block with its weights loaded: computes keys and values of tokens, and what tokens become. */
import type { Architecture, Block, Linear, Norm } from '../../families/architecture.ts';
import type { WeightSource } from '../../weights.ts';
import type { Observe } from '../engine.ts';
import type { RotationTables } from './layers/positions.ts';
import type { Programs } from './programs.ts';
import type { Feed, Feeds } from './runtime.ts';

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

export interface LoadedBlock {
  readonly block: Block;
  keysValues(hidden: Float32Array, tables: RotationTables, observe?: Observe): Promise<KeysValues>;
  /** Float32 `[M, H]`: the block's output for the queries. */
  attend(queries: Queries, memory: Memory, observe?: Observe): Promise<Float32Array>;
}

/** Reads the weights of block `index` and pairs them with the compiled graphs of its shape. */
export async function loadBlock(
  programs: Programs,
  { blocks, hiddenSize }: Architecture,
  index: number,
  weights: WeightSource,
): Promise<LoadedBlock> {
  const block = blocks[index];
  const { mixer, feedForward } = block;
  const { headDim, kvHeads } = mixer;
  const mixerNorm = await normFeed(weights, 'mixerNorm', block.mixerNorm);
  const [first, second] = await Promise.all([
    linearFeeds(weights, { k: mixer.k, v: mixer.v }),
    linearFeeds(weights, {
      q: mixer.q,
      o: mixer.o,
      gate: feedForward.gate,
      up: feedForward.up,
      down: feedForward.down,
    }),
  ]);
  const feedForwardNorm = await normFeed(weights, 'feedForwardNorm', block.feedForwardNorm);
  const keysValues = await programs.keysValues(block, hiddenSize);
  const attend = await programs.attend(block, hiddenSize);

  return {
    block,
    keysValues: async (hidden, tables, observe) => {
      const feeds = { ...mixerNorm, ...first, ...rowFeeds(hidden, hiddenSize, tables, headDim) };
      if (observe === undefined) return keysValues.run(feeds, ['keys', 'values']);
      const { kInput, ...result } = await keysValues.run(feeds, ['keys', 'values', 'kInput']);
      // q, k and v read the same values; they are reported once, as q's.
      await observe(mixer.q.name, kInput, kInput.length / hiddenSize, hiddenSize);
      return result;
    },
    attend: async (queries, memory, observe) => {
      const feeds = {
        ...mixerNorm,
        ...second,
        ...feedForwardNorm,
        ...rowFeeds(queries.hidden, hiddenSize, queries.tables, headDim),
        ...attentionFeeds(queries, memory, kvHeads, headDim),
      };
      if (observe === undefined) return (await attend.run(feeds, ['result'])).result;
      const outputs = await attend.run(feeds, ['result', 'oInput', 'gateInput', 'downInput']);
      const rows = queries.hidden.length / hiddenSize;
      await observe(mixer.o.name, outputs.oInput, rows, mixer.o.inFeatures);
      await observe(feedForward.gate.name, outputs.gateInput, rows, hiddenSize);
      await observe(feedForward.down.name, outputs.downInput, rows, feedForward.down.inFeatures);
      return outputs.result;
    },
  };
}

function rowFeeds(
  hidden: Float32Array,
  hiddenSize: number,
  { cos, sin }: RotationTables,
  headDim: number,
): Feeds {
  const rows = hidden.length / hiddenSize;
  const table = (data: Float32Array): Feed => ({ data, dims: [rows, headDim / 2] });
  return { hidden: { data: hidden, dims: [rows, hiddenSize] }, cos: table(cos), sin: table(sin) };
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
