/** The identity of a value by what it says. */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../data/canonical-json.ts';

/** sha256 of the canonical JSON, 64 hexadecimal digits. */
export function contentHash(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}
