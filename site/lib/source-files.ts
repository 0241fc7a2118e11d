/** Files and pages in which a source's numbers were read. */
import { select } from './db.ts';

export interface SourceFile {
  readonly source_id: string;
  readonly url: string;
  /** Path in the repository, or where else. */
  readonly title: string;
  readonly commit: string | null;
  readonly n: number;
  readonly doubtful: number;
}

let files: Promise<ReadonlyMap<string, SourceFile[]>> | null = null;

/** By source, the file with the most numbers first. */
export function sourceFiles(): Promise<ReadonlyMap<string, SourceFile[]>> {
  files ??= select<SourceFile>(`
    SELECT source_id, source_url AS url, any_value("commit") AS "commit", count(*)::INTEGER AS n,
      count(*) FILTER (suspect)::INTEGER AS doubtful,
      coalesce(nullif(regexp_extract(source_url, '/blob/[0-9a-f]+/(.*)$', 1), ''),
        regexp_replace(source_url, '^https://', '')) AS title
    FROM board WHERE source_url IS NOT NULL
    GROUP BY source_id, source_url ORDER BY source_id, n DESC, source_url`).then((rows) =>
    Map.groupBy(rows, ({ source_id }) => source_id),
  );
  return files;
}
