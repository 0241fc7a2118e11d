/** The rules of `pnpm submission check`. */
import { baseline } from './baseline.ts';
import type { Rule } from './rule.ts';

export const rules: readonly Rule[] = [baseline];
