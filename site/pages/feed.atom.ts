import type { APIRoute } from 'astro';
import { feed } from '../lib/release/feed.ts';

export const GET: APIRoute = async () =>
  new Response(await feed(), { headers: { 'content-type': 'application/atom+xml' } });
