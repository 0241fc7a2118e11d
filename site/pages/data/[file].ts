/** Everything on the site as CSV, JSON and Parquet, straight from the views. */
import type { APIRoute } from 'astro';
import { checksums, downloadBytes } from '../../lib/download-bytes.ts';
import { DOWNLOADS, FORMATS } from '../../lib/downloads.ts';

const CHECKSUMS = 'sha256sums.txt';

export function getStaticPaths() {
  const files = DOWNLOADS.flatMap((download) =>
    FORMATS.map((format) => ({ params: { file: `${download.id}.${format}` }, props: { download, format } })),
  );
  return [...files, { params: { file: CHECKSUMS }, props: {} }];
}

type Props = { readonly download?: (typeof DOWNLOADS)[number]; readonly format?: (typeof FORMATS)[number] };

export const GET: APIRoute<Props> = async ({ props: { download, format } }) =>
  new Response(
    download === undefined || format === undefined
      ? await checksums()
      : await downloadBytes(download, format),
  );
