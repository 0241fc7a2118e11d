import type { APIRoute } from 'astro';
import { type Task, tasks } from '../../lib/catalogue.ts';
import { taskTwin } from '../../lib/twins.ts';

export async function getStaticPaths() {
  return (await tasks()).map((one) => ({ params: { id: one.id }, props: { one } }));
}

export const GET: APIRoute<{ one: Task }> = async ({ props }) => new Response(await taskTwin(props.one));
