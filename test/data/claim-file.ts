/** A file of claimed rows, for tests. */
import type { ClaimedFile } from '../../data/claimed-schema.ts';
import { claimedSubject } from '../../data/database/claimed.ts';
import { sha } from './data-folder.ts';

const row = { model: 'llama-3-8b', bits_per_weight: null, size_bytes: null, task: 'piqa', metric: 'acc' };
const values = { unit: 'fraction' as const, shots: 0, context: null, std_error: 0.01, n: 1838, paired: null };
/** Two numbers that somebody measured with another tool. */
export const claim: ClaimedFile = {
  schema: 1,
  name: 'llama-3-8b-omniquant',
  provenance: {
    tool: 'lm-evaluation-harness',
    version: '0.4.9',
    commit: null,
    command: null,
    url: 'https://example.org/run',
    date: '2026-02-01',
    machine: null,
    outputs: [{ name: 'results.json', sha256: sha('results'), bytes: 10 }],
    notes: [],
  },
  rows: [
    { ...row, ...values, recipe: 'fp16', value: 0.8 },
    { ...row, ...values, recipe: 'omniquant-w3g128', value: 0.75 },
  ],
};

/** Where a data folder has it. */
export const claimPath = (content: ClaimedFile) => `results/someone/${claimedSubject(content)}.claim.json`;
