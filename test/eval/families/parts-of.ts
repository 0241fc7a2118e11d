/** The parts of a block, for tests of models that are known to have them. */
import type {
  Architecture,
  Attention,
  Block,
  GatedFeedForward,
  Rope,
} from '../../../eval/families/architecture.ts';

export function attentionOf({ mixer }: Block): Attention {
  if (mixer.kind !== 'attention') throw new Error(`the mixer is "${mixer.kind}"`);
  return mixer;
}

export function gatedOf({ feedForward }: Block): GatedFeedForward {
  if (feedForward?.kind !== 'glu') throw new Error(`the feed-forward is "${feedForward?.kind}"`);
  return feedForward;
}

/** Rotary positions of the first block. */
export function ropeOf({ blocks }: Architecture): Rope {
  const { position } = attentionOf(blocks[0]!);
  if (position.kind !== 'rope') throw new Error(`positions are "${position.kind}"`);
  return position;
}
