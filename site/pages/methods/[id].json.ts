import type { APIRoute } from 'astro';
import { type Method, methods } from '../../lib/catalogue.ts';
import { methodTwin } from '../../lib/twins.ts';

export async function getStaticPaths() {
  return (await methods()).map((one) => ({ params: { id: one.id }, props: { one } }));
}

export const GET: APIRoute<{ one: Method }> = async ({ props }) => new Response(await methodTwin(props.one));
