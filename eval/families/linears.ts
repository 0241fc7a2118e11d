/** Which linears a block has, and which of them read the same input. */
import type { Block, FeedForward, Linear, Mixer } from './architecture.ts';

/**
 * Every compressible linear of a block, in forward order, those that read the same input together.
 * Embeddings, norms, routers and the head are never compressed.
 */
export function siblingsOf({ mixer, feedForward }: Block): readonly (readonly Linear[])[] {
  return [...mixerSiblings(mixer), ...(feedForward === null ? [] : feedForwardSiblings(feedForward))];
}

/** The same linears, flat. */
export function linearsOf(block: Block): readonly Linear[] {
  return siblingsOf(block).flat();
}

/** Linears of a block that stay as they are: routers, and gates of shared experts. */
export function routersOf({ feedForward }: Block): readonly Linear[] {
  if (feedForward?.kind !== 'experts') return [];
  const gate = feedForward.shared?.gate ?? null;
  return gate === null ? [feedForward.router] : [feedForward.router, gate];
}

/** Linears that make queries or keys and nothing else. */
export function scoreLinearsOf({ mixer }: Block): readonly Linear[] {
  switch (mixer.kind) {
    case 'attention':
      return [mixer.q, mixer.k];
    case 'latent-attention':
      return mixer.query.kind === 'full' ? [mixer.query.q] : [mixer.query.down, mixer.query.up];
    case 'selective-scan':
      return [];
  }
}

function mixerSiblings(mixer: Mixer): readonly (readonly Linear[])[] {
  switch (mixer.kind) {
    case 'attention':
      return [[mixer.q, mixer.k, mixer.v], [mixer.o]];
    case 'latent-attention': {
      const { query, kvDown, kvUp, o } = mixer;
      const queries = query.kind === 'full' ? [[query.q, kvDown]] : [[query.down, kvDown], [query.up]];
      return [...queries, [kvUp], [o]];
    }
    case 'selective-scan':
      return [[mixer.input], [mixer.parameters], [mixer.step], [mixer.output]];
  }
}

function feedForwardSiblings(feedForward: FeedForward): readonly (readonly Linear[])[] {
  switch (feedForward.kind) {
    case 'mlp':
      return [[feedForward.up], [feedForward.down]];
    case 'glu':
      return [[feedForward.gate, feedForward.up], [feedForward.down]];
    case 'experts': {
      const { experts, shared } = feedForward;
      // Each expert sees tokens of its own, so that no two share an input.
      return (shared === null ? experts : [...experts, shared.feedForward]).flatMap(feedForwardSiblings);
    }
  }
}
