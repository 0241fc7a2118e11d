/** The runners of blocks by the kind of their mixer. */
import { engineErrors as errors } from '../../errors/engine.ts';
import type { Architecture, Block, Mixer } from '../../families/architecture.ts';
import { attentionRunner } from './attention-runner.ts';
import type { RunnerKind } from './block-runner.ts';

const runners: Readonly<Partial<Record<Mixer['kind'], RunnerKind>>> = {
  attention: attentionRunner,
};

/** Throws `engine/unsupported`. */
export function runnerOf({ mixer }: Block): RunnerKind {
  const runner = runners[mixer.kind];
  if (runner === undefined) throw errors.unsupported('onnx', `mixer "${mixer.kind}"`);
  return runner;
}

/** Bytes of state that one text of `length` tokens needs while it is generated. */
export function stateBytes({ blocks }: Architecture, length: number): number {
  return blocks.reduce((sum, block) => sum + runnerOf(block).stateBytes(block, length), 0);
}
