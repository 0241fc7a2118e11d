import type { APIRoute } from 'astro';
import { type Paper, papers } from '../../lib/catalogue.ts';
import { paperTwin } from '../../lib/twins.ts';

export async function getStaticPaths() {
  return (await papers()).map((one) => ({ params: { id: one.id }, props: { one } }));
}

export const GET: APIRoute<{ one: Paper }> = async ({ props }) => new Response(await paperTwin(props.one));
