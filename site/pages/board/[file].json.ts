/** The board's rows for the browser. The data version is part of the name, so a cached file is never out of date. */
import type { APIRoute } from 'astro';
import { recipeRows, resultRows } from '../../lib/board-rows.ts';
import { dataVersion } from '../../lib/db.ts';
import { encodeRows } from '../../lib/payload.ts';

export async function getStaticPaths() {
  const version = await dataVersion();
  return ['recipes', 'results'].map((view) => ({
    params: { file: `${view}.${version}` },
    props: { view, version },
  }));
}

export const GET: APIRoute<{ view: string; version: string }> = async ({ props: { view, version } }) => {
  const payload =
    view === 'recipes'
      ? encodeRows(await recipeRows(), 'recipe', version)
      : encodeRows(await resultRows(), 'result', version);
  return Response.json(payload);
};
