/** Everything of one model that can be compared. The data version is part of the name, so a cached file is never out of date. */
import type { APIRoute } from 'astro';
import { comparableModels, compareModel } from '../../../lib/compare-files.ts';
import { dataVersion } from '../../../lib/db.ts';

export async function getStaticPaths() {
  const version = await dataVersion();
  return (await comparableModels()).map(({ id }) => ({
    params: { file: `${id}.${version}` },
    props: { id },
  }));
}

export const GET: APIRoute<{ id: string }> = async ({ props: { id } }) =>
  Response.json(await compareModel(id));
