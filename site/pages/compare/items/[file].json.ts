/** Who answered which item right, for models whose runs kept that. Loaded only when such a model is compared. */
import type { APIRoute } from 'astro';
import { comparableModels } from '../../../lib/compare-files.ts';
import { compareItems, hasItems } from '../../../lib/compare-items.ts';
import { dataVersion } from '../../../lib/db.ts';

export async function getStaticPaths() {
  const version = await dataVersion();
  const paths = [];
  for (const { id } of await comparableModels())
    if (await hasItems(id)) paths.push({ params: { file: `${id}.${version}` }, props: { id } });
  return paths;
}

export const GET: APIRoute<{ id: string }> = async ({ props: { id } }) =>
  Response.json(await compareItems(id));
