/** Values by sequences of tokens, which are hashed as numbers: many times faster than as text. */

export type Tokens = readonly number[];

export class TokenMap<Value> {
  readonly #buckets = new Map<number, { readonly tokens: Tokens; readonly value: Value }[]>();

  /** The value of these tokens; that of `make` where they have none yet. */
  getOrMake(tokens: Tokens, make: () => Value): Value {
    const key = hashOf(tokens);
    const bucket = this.#buckets.get(key) ?? [];
    for (const entry of bucket) if (compareTokens(entry.tokens, tokens) === 0) return entry.value;
    const value = make();
    bucket.push({ tokens, value });
    this.#buckets.set(key, bucket);
    return value;
  }
}

/** By the first token that differs; of two that begin alike, the shorter comes first. */
export function compareTokens(a: Tokens, b: Tokens): number {
  for (let i = 0; i < a.length && i < b.length; i += 1) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

/** FNV-1a over whole tokens. Source: Fowler, Noll & Vo 2019, draft-eastlake-fnv, section 2. */
function hashOf(tokens: Tokens): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = 0; i < tokens.length; i += 1) hash = Math.imul(hash ^ tokens[i], 0x01000193);
  return hash;
}
