/** The files of the database that runs in the browser, under their version: an address never changes what it holds. */
import type { APIRoute } from 'astro';
import { ENGINE_FILES, ENGINE_VERSION, engineFile } from '../../../../lib/sql/engine-files.ts';

export function getStaticPaths() {
  return Object.keys(ENGINE_FILES).map((file) => ({ params: { version: ENGINE_VERSION, file } }));
}

export const GET: APIRoute = async ({ params }) =>
  new Response(await engineFile(params['file']!), {
    headers: params['file']!.endsWith('.js') ? { 'content-type': 'text/javascript' } : {},
  });
