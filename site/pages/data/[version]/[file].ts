/** The compact files under the version of the data: such an address gives these bytes, or nothing once the data moved on. */
import type { APIRoute } from 'astro';
import { dataVersion } from '../../../lib/db.ts';
import { downloadBytes } from '../../../lib/download-bytes.ts';
import { DOWNLOADS, PINNED } from '../../../lib/downloads.ts';

export async function getStaticPaths() {
  const version = await dataVersion();
  return DOWNLOADS.flatMap((download) =>
    PINNED.map((format) => ({
      params: { version, file: `${download.id}.${format}` },
      props: { download, format },
    })),
  );
}

type Props = { readonly download: (typeof DOWNLOADS)[number]; readonly format: (typeof PINNED)[number] };

export const GET: APIRoute<Props> = async ({ props: { download, format } }) =>
  new Response(await downloadBytes(download, format));
