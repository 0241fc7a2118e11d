/** The JSON Schema of every kind of file of the data. */
import type { APIRoute } from 'astro';
import { SCHEMAS } from '../../../lib/release/schemas.ts';

export const getStaticPaths = () => [...SCHEMAS.keys()].map((file) => ({ params: { file } }));

export const GET: APIRoute = ({ params }) => new Response(SCHEMAS.get(params['file']!));
