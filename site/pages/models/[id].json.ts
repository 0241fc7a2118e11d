import type { APIRoute } from 'astro';
import { type Model, models } from '../../lib/catalogue.ts';
import { modelTwin } from '../../lib/twins.ts';

export async function getStaticPaths() {
  return (await models()).map((one) => ({ params: { id: one.id }, props: { one } }));
}

export const GET: APIRoute<{ one: Model }> = async ({ props }) => new Response(await modelTwin(props.one));
