/**
 * Where a factor can move between two operations of a block without changing what it computes: every input that linears
 * read, who makes it, and who else reads it.
 *
 * An input x that only linears read may be divided by any positive s, channel by channel, if their columns are multiplied
 * by s. The division costs nothing where it can be folded into what makes x: into the weight and bias of a norm, or into
 * the rows of a linear that x is a combination of, with nothing but products and sums (or a ReLU) between.
 */
import type {
  Attention,
  Block,
  FeedForward,
  GatedFeedForward,
  LatentAttention,
  Linear,
  Mixer,
  Norm,
} from './architecture.ts';
import { routersOf } from './linears.ts';

/** What makes an input, as far as a division can be folded into it. */
export type Producer =
  | { readonly kind: 'norm'; readonly norm: Norm }
  | {
      readonly kind: 'rows';
      readonly linear: Linear;
      /** Int32 `[K]`: the row of the linear that makes each channel. Channels of one row need one factor (grouped queries). */
      readonly rowOf: Int32Array;
    };

export interface FoldSite {
  /** The linears that read the input, as groups of `siblingsOf`; experts and parallel parts are several. */
  readonly readers: readonly (readonly Linear[])[];
  /** Linears that read it too and are never compressed. */
  readonly uncompressed: readonly Linear[];
  /** Null where a division cannot be folded: behind other nonlinearities, scans, or where a residual sum reads it too. */
  readonly producer: Producer | null;
}

/** Every distinct input of the block's linears, in forward order. Each compressible linear reads exactly one. */
export function foldSitesOf(block: Block): readonly FoldSite[] {
  const { mixer, feedForward, mixerNorms, feedForwardNorms, arrangement } = block;
  const mixed = site([entryOf(mixer)], normOf(mixerNorms.before));
  if (feedForward === null) return [mixed, ...insideMixer(mixer)];
  const fed = {
    ...site(entriesOf(feedForward), normOf(feedForwardNorms.before)),
    uncompressed: routersOf(block),
  };
  // One norm made for both: they read the very same values.
  if (arrangement === 'parallel' && feedForwardNorms.before === null) {
    const both = { ...fed, ...site([...mixed.readers, ...fed.readers], mixed.producer) };
    return [
      { ...both, uncompressed: fed.uncompressed },
      ...insideMixer(mixer),
      ...insideFeedForward(feedForward),
    ];
  }
  return [mixed, ...insideMixer(mixer), fed, ...insideFeedForward(feedForward)];
}

/** Int32 `[K]` or null: channels with equal numbers need one factor. */
export function tiesOf({ producer }: FoldSite): Int32Array | null {
  if (producer?.kind !== 'rows') return null;
  return new Set(producer.rowOf).size === producer.rowOf.length ? null : producer.rowOf;
}

function site(readers: readonly (readonly Linear[])[], producer: Producer | null): FoldSite {
  return { readers, uncompressed: [], producer };
}

function normOf(norm: Norm | null): Producer | null {
  return norm === null ? null : { kind: 'norm', norm };
}

function rowsOf(linear: Linear, channels: number, rowOf = (channel: number) => channel): Producer {
  return { kind: 'rows', linear, rowOf: Int32Array.from({ length: channels }, (_, k) => rowOf(k)) };
}

/** What reads the input of the mixer. */
function entryOf(mixer: Mixer): readonly Linear[] {
  switch (mixer.kind) {
    case 'attention':
      return [mixer.q, mixer.k, mixer.v];
    case 'latent-attention':
      return [mixer.query.kind === 'full' ? mixer.query.q : mixer.query.down, mixer.kvDown];
    case 'selective-scan':
      return [mixer.input];
  }
}

function insideMixer(mixer: Mixer): readonly FoldSite[] {
  switch (mixer.kind) {
    case 'attention':
      return [site([[mixer.o]], valueRows(mixer))];
    case 'latent-attention':
      return insideLatent(mixer);
    case 'selective-scan':
      return [
        site([[mixer.parameters]], null),
        // The first rows are the steps in few numbers, which nothing but this linear reads.
        site([[mixer.step]], rowsOf(mixer.parameters, mixer.rank)),
        site([[mixer.output]], null),
      ];
  }
}

/** Attention mixes values of a channel over tokens only; query heads that share a value head share its rows. */
function valueRows({ v, o, heads, kvHeads, headDim }: Attention): Producer {
  const perHead = heads / kvHeads;
  return rowsOf(v, o.inFeatures, (channel) => {
    const head = Math.floor(Math.floor(channel / headDim) / perHead);
    return head * headDim + (channel % headDim);
  });
}

function insideLatent({ query, kvNorm, kvUp, o, plainDim, valueDim }: LatentAttention): readonly FoldSite[] {
  const queries = query.kind === 'full' ? [] : [site([[query.up]], normOf(query.norm))];
  // Each head of kvUp is its keys, then its values.
  const values = rowsOf(kvUp, o.inFeatures, (channel) => {
    const head = Math.floor(channel / valueDim);
    return head * (plainDim + valueDim) + plainDim + (channel % valueDim);
  });
  return [...queries, site([[kvUp]], normOf(kvNorm)), site([[o]], values)];
}

/** What reads the input of the feed-forward. */
function entriesOf(feedForward: FeedForward): readonly (readonly Linear[])[] {
  switch (feedForward.kind) {
    case 'mlp':
      return [[feedForward.up]];
    case 'glu':
      return [[feedForward.gate, feedForward.up]];
    case 'experts':
      return gatedParts(feedForward).map(({ gate, up }) => [gate, up]);
  }
}

function insideFeedForward(feedForward: FeedForward): readonly FoldSite[] {
  if (feedForward.kind === 'mlp') {
    const { up, down, activation } = feedForward;
    // relu(x / s) = relu(x) / s for positive s; no other activation has this.
    return [site([[down]], activation === 'relu' ? rowsOf(up, down.inFeatures) : null)];
  }
  return gatedParts(feedForward).map(({ up, down }) => site([[down]], rowsOf(up, down.inFeatures)));
}

function gatedParts(feedForward: Exclude<FeedForward, { kind: 'mlp' }>): readonly GatedFeedForward[] {
  if (feedForward.kind === 'glu') return [feedForward];
  const { experts, shared } = feedForward;
  return shared === null ? experts : [...experts, shared.feedForward];
}
