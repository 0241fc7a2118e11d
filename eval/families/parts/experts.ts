/** A mixture of experts as Hugging Face checkpoints store it: one module an expert, three matrices each. */
import { z } from 'zod';
import type { ExpertsFeedForward, GatedFeedForward } from '../architecture.ts';
import { linear } from './blocks.ts';

// Limits far above every published model; they keep a hostile config from exhausting memory.
export const expertCount = z.int().positive().max(4096);

/** Sizes of a gated feed-forward. */
export interface GatedSize {
  readonly hidden: number;
  readonly inner: number;
}

/** What the three matrices are called. */
export interface GatedNames {
  readonly gate: string;
  readonly up: string;
  readonly down: string;
}

export const PROJECTIONS: GatedNames = { gate: 'gate_proj', up: 'up_proj', down: 'down_proj' };

/** @param path  of the module that holds the three matrices */
export function gatedFeedForward(
  path: string,
  { hidden, inner }: GatedSize,
  names: GatedNames = PROJECTIONS,
): GatedFeedForward {
  return {
    kind: 'glu',
    activation: 'silu',
    gate: linear(`${path}.${names.gate}`, inner, hidden, false),
    up: linear(`${path}.${names.up}`, inner, hidden, false),
    down: linear(`${path}.${names.down}`, hidden, inner, false),
  };
}

/** @param path  of the module with `gate` and `experts` */
export function expertsFeedForward(
  path: string,
  size: GatedSize,
  count: number,
  rule: Pick<ExpertsFeedForward, 'perToken' | 'renormalize'> & Partial<ExpertsFeedForward>,
  names: GatedNames = PROJECTIONS,
): ExpertsFeedForward {
  return {
    kind: 'experts',
    router: linear(`${path}.gate`, count, size.hidden, false),
    experts: Array.from({ length: count }, (_, expert) =>
      gatedFeedForward(`${path}.experts.${expert}`, size, names),
    ),
    factor: 1,
    groups: null,
    shared: null,
    ...rule,
  };
}

/** Reports more experts a token than there are. */
export function checkExperts(perToken: number, experts: number, context: z.RefinementCtx): void {
  if (perToken <= experts) return;
  context.addIssue({
    code: 'custom',
    path: ['num_experts_per_tok'],
    message: `${perToken} experts a token are more than the ${experts} that there are`,
  });
}
