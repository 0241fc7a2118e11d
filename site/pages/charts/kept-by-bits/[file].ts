/** The curve of each model as files. */
import type { APIRoute } from 'astro';
import { charts } from '../../../charts/index.ts';
import { chartFiles } from '../../../lib/chart-files.ts';
import { focuses, lensOf } from '../../../lib/lens.ts';

const KINDS = ['svg', 'vl.json', 'csv'] as const;

export async function getStaticPaths() {
  const drawn = (await focuses()).filter(({ ability, origin }) => ability === 'all' && origin === 'all');
  return drawn.flatMap(({ model }) =>
    KINDS.map((kind) => ({ params: { file: `${model}.${kind}` }, props: { model, kind } })),
  );
}

export const GET: APIRoute<{ model: string; kind: (typeof KINDS)[number] }> = async ({
  props: { model, kind },
}) => {
  const { curve } = await lensOf({ model, ability: 'all', origin: 'all' });
  return new Response(await chartFiles(charts['kept-by-bits'], curve, kind, 'lens'));
};
