/** A duel at each size on its own: which method wins at 3 bits need not win at 4. */
import { bitsChips, type Setting } from './bits-chips.ts';

/** From this share of the 16-bit model on a pair is won or lost: the rule of the view `method_duel`. */
export const TIE = 0.005;

export interface DuelAtBits {
  /** `W3`, `W4 A8`; groups and sparsity may differ from pair to pair. */
  readonly bits: string;
  readonly wins: number;
  readonly ties: number;
  readonly losses: number;
  /** The same pairs in SQL, of the table `method_pairs`. */
  readonly sql: string;
}

interface Pair extends Setting {
  readonly method_id: string;
  readonly other_id: string;
  readonly difference: number;
}

/** In the order of the pairs, which is that of falling bits within a model. */
export function duelByBits(pairs: readonly Pair[]): readonly DuelAtBits[] {
  const groups = Map.groupBy(pairs, bitsOf);
  return [...groups]
    .sort(([a], [b]) => b.localeCompare(a, 'en', { numeric: true }))
    .map(([bits, own]) => {
      const wins = own.filter(({ difference }) => difference >= TIE).length;
      const losses = own.filter(({ difference }) => difference <= -TIE).length;
      return { bits, wins, losses, ties: own.length - wins - losses, sql: queryOf(own[0]!) };
    });
}

function bitsOf(pair: Pair): string {
  return bitsChips({ ...pair, group_size: null }).join(' ');
}

function queryOf({ method_id, other_id, tensor, w_bits, a_bits, kv_bits, ...rest }: Pair): string {
  const { sparsity, sparsity_pattern: pattern } = rest;
  const text = (value: string) => `'${value.replaceAll("'", "''")}'`;
  const conditions = [
    `method_id = ${text(method_id)} AND other_id = ${text(other_id)} AND tensor = ${text(tensor)}`,
    ...Object.entries({ w_bits, a_bits, kv_bits, sparsity }).flatMap(([name, value]) =>
      value === null ? [] : [`${name} = ${value}`],
    ),
    ...(pattern === null ? [] : [`sparsity_pattern = ${text(pattern)}`]),
  ];
  return `FROM method_pairs WHERE ${conditions.join(' AND ')}`;
}
