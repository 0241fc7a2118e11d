import type { APIRoute } from 'astro';
import { manifest } from '../../lib/release/manifest.ts';

export const GET: APIRoute = async () => new Response(`${JSON.stringify(await manifest(), null, 1)}\n`);
