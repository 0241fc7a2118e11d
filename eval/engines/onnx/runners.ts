/** The runners of blocks by the kind of their mixer. */
import type { Architecture, Block, Mixer } from '../../families/architecture.ts';
import { attentionRunner } from './attention-runner.ts';
import type { RunnerKind } from './block-runner.ts';
import { scanRunner } from './scan-runner.ts';

const runners: Readonly<Record<Mixer['kind'], RunnerKind>> = {
  attention: attentionRunner,
  'latent-attention': attentionRunner,
  'selective-scan': scanRunner,
};

export function runnerOf({ mixer }: Block): RunnerKind {
  return runners[mixer.kind];
}

/** Bytes of state that one text of `length` tokens needs while it is generated. */
export function stateBytes({ blocks }: Architecture, length: number): number {
  return blocks.reduce((sum, block) => sum + runnerOf(block).stateBytes(block, length), 0);
}
