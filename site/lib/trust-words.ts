/** The states of trust for readers: a sign that differs in shape, and what a state says. */
import type { TrustState } from '../../data/trust-schema.ts';

export const TRUST_SIGNS: Readonly<Record<TrustState, string>> = {
  claimed: '○',
  valid: '◔',
  recomputed: '◑',
  'spot-checked': '◕',
  reproduced: '●',
  disputed: '!',
  withdrawn: '×',
};

export const TRUST_WORDS: Readonly<Record<TrustState, string>> = {
  claimed: 'Measured with other tools; nothing here can compute it again. Its raw output is named by hash.',
  valid:
    'A run of this pipeline with a complete manifest and 16-bit rows in the same run; its scores were not computed again yet.',
  recomputed:
    'Besides, every score comes out again from the outcomes of its items, which lie beside the run.',
  'spot-checked':
    'Random items were measured again and agree within the noise of the engines; the record says how many.',
  reproduced:
    'The whole run, or the one value, was measured again from the manifest and agrees within the noise of the engines.',
  disputed: 'There is a reasoned doubt that is not settled: shown with its reason, left out of means.',
  withdrawn: 'Taken back by its author or the project: shown with its reason, left out of means, for good.',
};
