import type { APIRoute } from 'astro';
import { croissant } from '../../lib/release/croissant.ts';

export const GET: APIRoute = async () => new Response(`${JSON.stringify(await croissant(), null, 1)}\n`);
