/** Which results stand on the pages of a model, method, task or source, in what columns, and how they are cut into pages. */
import { PAGE_SIZE, resultRows } from './board-rows.ts';
import { once } from './once.ts';
import type { ResultRow } from './row-types.ts';

export type Subject = 'model' | 'method' | 'task' | 'source';

export interface Evidence {
  /** Rows of equal name stand under one heading. */
  readonly together: (row: ResultRow) => string;
  /** Columns of the heading: what all its rows share. */
  readonly head: readonly string[];
  readonly columns: readonly string[];
}

/** What every page says of a row, in columns beside each other. */
export const SCORES = ['value', 'baseline', 'kept', 'loss', 'n'];

export const EVIDENCE: Readonly<Record<Subject, Evidence>> = {
  model: {
    together: (row) => row.key,
    head: ['method', 'bits', 'bpw', 'source', 'labels'],
    columns: ['task', ...SCORES],
  },
  method: {
    together: (row) => `${row.model}.${row.key}`,
    head: ['model', 'bits', 'bpw', 'source', 'labels'],
    columns: ['task', ...SCORES],
  },
  task: {
    together: (row) => row.model,
    head: ['model'],
    columns: ['method', 'bits', 'bpw', 'protocol', ...SCORES, 'source'],
  },
  source: {
    together: (row) => `${row.model}.${row.recipe}`,
    head: ['model', 'method', 'bits', 'bpw', 'labels'],
    columns: ['task', ...SCORES, 'locator'],
  },
};

export interface EvidencePage {
  readonly rows: readonly ResultRow[];
  /** From 1. */
  readonly page: number;
  readonly pages: number;
  /** Rows on all pages together. */
  readonly total: number;
}

/** Ids of the runs behind the results of each source that has any. */
export const runsBySource = once(async (): Promise<ReadonlyMap<string, ReadonlySet<string>>> => {
  const measured = (await resultRows()).filter(({ run }) => run !== null);
  const grouped = Map.groupBy(measured, ({ source }) => source);
  return new Map([...grouped].map(([source, rows]) => [source, new Set(rows.map(({ run }) => run!))]));
});

interface StaticPath {
  readonly params: { readonly id: string; readonly page: string | undefined };
  readonly props: EvidencePage;
}

/** A static path for every page of results of every one of `ids`; one without results has one empty page. */
export async function evidencePaths(subject: Subject, ids: readonly string[]): Promise<StaticPath[]> {
  const found = new Map<string, ResultRow[]>(ids.map((id) => [id, []]));
  for (const row of await resultRows()) {
    // The pages of its runs are the list of what a source measured.
    if (subject !== 'source' || row.run === null) found.get(row[subject])?.push(row);
  }
  return [...found].flatMap(([id, rows]) => {
    const pages = Math.max(1, Math.ceil(rows.length / PAGE_SIZE));
    return Array.from({ length: pages }, (_, index) => ({
      params: { id, page: index === 0 ? undefined : String(index + 1) },
      props: {
        rows: rows.slice(index * PAGE_SIZE, (index + 1) * PAGE_SIZE),
        page: index + 1,
        pages,
        total: rows.length,
      },
    }));
  });
}
