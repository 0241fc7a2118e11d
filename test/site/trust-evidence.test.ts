/** The evidence of a trust record for readers, and where a claimed value leads. */
import { expect, it } from 'vitest';
import { evidenceWords } from '../../site/lib/trust-evidence.ts';

const agreement = {
  ...{ cells: 2, items: 1600, items_equal: 1598, numbers: 95, numbers_equal: 90, largest_number: 0.5 },
  ...{ metrics: 4, metrics_equal: 3, largest_std_errors: 0.0312, noise_floor: 0.0002 },
  floor_source: 'float32 on both',
};
const evidence = {
  command: 'pnpm eval reproduce 1a4e8d7b26150471',
  code_commit: 'ab'.repeat(20),
  engine: 'onnx 1.30.0 cpu',
  machine: 'x, 2 cores',
  url: null,
  agreement,
  differs: [
    'engine: cuda 1 there, onnx 1.30.0 here',
    `code: ${'1'.repeat(40)} there, ${'2'.repeat(40)} here`,
  ],
  files: [],
};
const words = (changes: object) => evidenceWords({ evidence: JSON.stringify({ ...evidence, ...changes }) });

it('is told with its figures, the noise, and what was not the same', () => {
  expect(words({})).toEqual({
    figures:
      '2 cells measured again, 1,598 of 1,600 items have the same outcome, 90 of 95 numbers of items are the same to the published digits, 3 of 4 scores are identical, the largest difference is 0.031 standard errors, noise explains 0.02 % of items (float32 on both).',
    means:
      'With onnx 1.30.0 cpu; x, 2 cores; code abababa. Not the same: engine: cuda 1 there, onnx 1.30.0 here; code: 1111111 there, 2222222 here.',
    command: 'pnpm eval reproduce 1a4e8d7b26150471',
    url: null,
  });
});

it('leaves out what there is none of', () => {
  const none = { items: 0, items_equal: 0, numbers: 0, metrics: 0, largest_std_errors: null };
  expect(words({ agreement: { ...agreement, ...none, noise_floor: null }, differs: [] })).toMatchObject({
    figures: '2 cells measured again, how much noise explains is not known.',
    means: 'With onnx 1.30.0 cpu; x, 2 cores; code abababa.',
  });
  expect(words({ agreement: null })?.figures).toBe('');
  expect(evidenceWords({ evidence: null })).toBeNull();
});
