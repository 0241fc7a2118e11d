import type { Facet } from '../lib/board-state.ts';

const TENSORS: Readonly<Record<string, string>> = {
  none: 'nothing (16 bit)',
  W: 'weights',
  WA: 'weights and activations',
  KV: 'cache',
  'W+KV': 'weights and cache',
  prune: 'pruned weights',
};

/** What a facet's value is called. */
export function valueLabel(facet: Facet, id: string, label: string): string {
  if (facet === 'bits') return id === '0' ? 'not stated' : `${id} bit`;
  if (facet === 'tensor') return TENSORS[id] ?? label;
  return facet === 'ability' && id === 'all' ? 'all (mean)' : label;
}
