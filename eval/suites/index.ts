/** Every suite, by id. A new one is a file here and a line below. */
import { defaultSuite } from './default.ts';
import { methodsSuite } from './methods.ts';
import type { Suite } from './suite.ts';
import { english, grid, zoo } from './zoo.ts';

export const suites = {
  default: defaultSuite,
  zoo,
  grid,
  methods: methodsSuite,
  english,
} as const satisfies Record<string, Suite>;

/** Null for a name that is none. */
export function findSuite(id: string): Suite | null {
  const known: Readonly<Record<string, Suite>> = suites;
  return Object.hasOwn(known, id) ? known[id]! : null;
}
