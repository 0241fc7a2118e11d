/** Cuts long lists into static pages. */
import { PAGE_SIZE } from './board-rows.ts';

export interface ListPage<T> {
  readonly rows: readonly T[];
  /** From 1. */
  readonly number: number;
  readonly last: number;
  readonly total: number;
}

/** Pages of a list, at least one even where it is empty. */
export function pagesOf<T>(rows: readonly T[], size: number = PAGE_SIZE): readonly ListPage<T>[] {
  const last = Math.max(1, Math.ceil(rows.length / size));
  return Array.from({ length: last }, (_, index) => ({
    rows: rows.slice(index * size, (index + 1) * size),
    number: index + 1,
    last,
    total: rows.length,
  }));
}

/** The route parameter of a page: nothing for the first. */
export function pageParameter(number: number): string | undefined {
  return number === 1 ? undefined : String(number);
}
