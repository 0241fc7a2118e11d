/** Everything on the site as CSV, JSON and Parquet, straight from the views. */
import type { APIRoute } from 'astro';
import { checksums, downloadBytes } from '../../lib/download-bytes.ts';
import { DOWNLOADS, FORMATS } from '../../lib/downloads.ts';

const CHECKSUMS = 'sha256sums.txt';

export function getStaticPaths() {
  const names = DOWNLOADS.flatMap(({ id }) => FORMATS.map((format) => `${id}.${format}`));
  return [...names, CHECKSUMS].map((file) => ({ params: { file } }));
}

export const GET: APIRoute = async ({ params }) => {
  if (params['file'] === CHECKSUMS) return new Response(await checksums());
  const [id, format] = params['file']!.split('.');
  const download = DOWNLOADS.find((one) => one.id === id)!;
  return new Response(await downloadBytes(download, FORMATS.find((one) => one === format)!));
};
