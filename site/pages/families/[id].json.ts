import type { APIRoute } from 'astro';
import { type Model, models } from '../../lib/catalogue.ts';
import { familyTwin } from '../../lib/twins.ts';

export async function getStaticPaths() {
  const families = Map.groupBy(await models(), ({ family }) => family);
  return [...families].map(([id, members]) => ({ params: { id }, props: { members } }));
}

export const GET: APIRoute<{ members: readonly Model[] }, { id: string }> = async ({ params, props }) =>
  new Response(await familyTwin(params.id, props.members));
