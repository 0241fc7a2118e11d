/** How a compression setting is written everywhere: `W4 A8 KV4 g128 2:4`, in one fixed order. */

export interface Setting {
  readonly tensor: 'none' | 'W' | 'WA' | 'KV' | 'W+KV' | 'prune';
  readonly w_bits: number | null;
  readonly a_bits: number | null;
  readonly kv_bits: number | null;
  /** Features that share a scale: −1 is a whole row, null not stated. */
  readonly group_size: number | null;
  /** Share of weights removed, 0…1. */
  readonly sparsity: number | null;
  /** `2:4`, `unstructured`, … */
  readonly sparsity_pattern: string | null;
}

/** The chips of a setting. Bits that the source does not state are `W?`; the uncompressed model is one chip, `16 bit`. */
export function bitsChips(setting: Setting): readonly string[] {
  const { tensor } = setting;
  const chips = [
    bitsChip('W', setting.w_bits, tensor === 'W' || tensor === 'WA' || tensor === 'W+KV'),
    bitsChip('A', setting.a_bits, tensor === 'WA'),
    bitsChip('KV', setting.kv_bits, tensor === 'KV' || tensor === 'W+KV'),
    setting.group_size !== null && setting.group_size > 0 ? `g${setting.group_size}` : null,
    sparsityChip(setting),
  ].filter((chip) => chip !== null);
  if (chips.length > 0) return chips;
  return [`${setting.w_bits ?? 16} bit`];
}

function bitsChip(letter: string, bits: number | null, isCompressed: boolean): string | null {
  if (bits === null) return isCompressed ? `${letter}?` : null;
  return isCompressed || bits < 16 ? `${letter}${bits}` : null;
}

function sparsityChip({ sparsity, sparsity_pattern }: Setting): string | null {
  if (sparsity_pattern !== null && /^\d+:\d+$/.test(sparsity_pattern)) return sparsity_pattern;
  if (sparsity === null || sparsity === 0) return null;
  return `${Number((sparsity * 100).toFixed(1))} % sparse`;
}
