/** Duels at each size: counted by the rule of the view, and each with a query that gives its pairs. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { duelByBits, TIE } from '../../site/lib/duel-bits.ts';

const pair = (
  w_bits: number,
  difference: number,
  changes: { a_bits?: number; group_size?: number } = {},
) => ({
  method_id: 'gptq',
  other_id: 'awq',
  difference,
  tensor: changes.a_bits === undefined ? ('W' as const) : ('WA' as const),
  w_bits,
  a_bits: null,
  kv_bits: null,
  group_size: 128,
  sparsity: null,
  sparsity_pattern: null,
  ...changes,
});

it('counts wins, ties and losses of one size, whatever the group', () => {
  const pairs = [
    pair(4, 0.01),
    pair(3, 0.2),
    pair(3, 0.005, { group_size: 64 }),
    pair(3, -0.0049),
    pair(3, -0.3),
  ];
  expect(duelByBits([...pairs, pair(4, -0.1, { a_bits: 4 })])).toMatchObject([
    { bits: 'W4 A4', wins: 0, ties: 0, losses: 1 },
    { bits: 'W4', wins: 1, ties: 0, losses: 0 },
    { bits: 'W3', wins: 2, ties: 1, losses: 1 },
  ]);
  expect(duelByBits([pair(3, 0.2)])[0]!.sql).toBe(
    "FROM method_pairs WHERE method_id = 'gptq' AND other_id = 'awq' AND tensor = 'W' AND w_bits = 3",
  );
});

it('has the tie of the view', () => {
  const view = readFileSync(new URL('../../data/views/method_duel.sql', import.meta.url), 'utf8');
  expect(view).toContain(`SELECT ${TIE} AS tie`);
});
