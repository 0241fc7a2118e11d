import type { Source } from '../catalog-schema.ts';
import type { OriginalRow } from '../published-schema.ts';

/** Link to the file that a number was read in, at its commit; else to the paper. */
export function sourceUrl(source: Source, row: OriginalRow): string | null {
  if (row.locator.startsWith('https://')) return row.locator;
  const path = /^.*?\.(?:md|png|pdf|rst|txt|py|csv)(?=$|[\s#])/.exec(row.locator)?.[0];
  if (source.repository !== null && path !== undefined && row.commit !== '')
    return `https://github.com/${source.repository}/blob/${row.commit}/${encodeURI(path)}`;
  return row.arxiv === '' ? null : `https://arxiv.org/abs/${row.arxiv}`;
}
