/** How a compression setting is written everywhere: `W4 A8 KV4 g128 2:4`, in one fixed order. */

export interface Setting {
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

/** The chips of a setting; the uncompressed model is the one chip `16 bit`. */
export function bitsChips(setting: Setting): readonly string[] {
  const chips: string[] = [];
  if (isCompressed(setting.w_bits)) chips.push(`W${setting.w_bits}`);
  if (isCompressed(setting.a_bits)) chips.push(`A${setting.a_bits}`);
  if (isCompressed(setting.kv_bits)) chips.push(`KV${setting.kv_bits}`);
  if (setting.group_size !== null && setting.group_size > 0) chips.push(`g${setting.group_size}`);
  const sparsity = sparsityChip(setting);
  if (sparsity !== null) chips.push(sparsity);
  return chips.length === 0 ? ['16 bit'] : chips;
}

function isCompressed(bits: number | null): bits is number {
  return bits !== null && bits < 16;
}

function sparsityChip({ sparsity, sparsity_pattern }: Setting): string | null {
  if (sparsity_pattern !== null && /^\d+:\d+$/.test(sparsity_pattern)) return sparsity_pattern;
  if (sparsity === null || sparsity === 0) return null;
  return `${Number((sparsity * 100).toFixed(1))} % sparse`;
}
