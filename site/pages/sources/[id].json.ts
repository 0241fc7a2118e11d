import type { APIRoute } from 'astro';
import { type Source, sources } from '../../lib/catalogue.ts';
import { sourceTwin } from '../../lib/twins.ts';

export async function getStaticPaths() {
  return (await sources()).map((one) => ({ params: { id: one.id }, props: { one } }));
}

export const GET: APIRoute<{ one: Source }> = async ({ props }) => new Response(await sourceTwin(props.one));
