/** Every bit layout, by id. A new one is a file here and a line below. */
import type { Format } from './format.ts';
import { intGrouped } from './int-grouped.ts';

export const formats = { 'int-grouped': intGrouped } as const satisfies Record<string, Format>;
