/** The tensors of each model as files. */
import type { APIRoute } from 'astro';
import { charts } from '../../../charts/index.ts';
import { chartFiles } from '../../../lib/chart-files.ts';
import { profileOf, tensorSources } from '../../../lib/tensors.ts';

const KINDS = ['vl.json', 'csv'] as const;

export async function getStaticPaths() {
  return (await tensorSources()).flatMap(({ model_id }) =>
    KINDS.map((kind) => ({ params: { file: `${model_id}.${kind}` }, props: { model: model_id, kind } })),
  );
}

export const GET: APIRoute<{ model: string; kind: (typeof KINDS)[number] }> = async ({
  props: { model, kind },
}) => new Response(await chartFiles(charts['tensor-statistics'], await profileOf(model), kind));
