/** The service worker; its version holds that of the data and of the pages. */
import type { APIRoute } from 'astro';
import { dataVersion } from '../lib/db.ts';
import { href } from '../lib/url.ts';
import { serviceWorkerSource, sourcesVersion } from '../offline/source.ts';

export const GET: APIRoute = async () => {
  const version = `${await dataVersion()}-${await sourcesVersion()}`;
  const source = await serviceWorkerSource({ version, base: href('/') });
  return new Response(source, { headers: { 'content-type': 'text/javascript' } });
};
