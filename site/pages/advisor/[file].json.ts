/** The evidence on one model for the browser. The data version is part of the name, so a cached file is never out of date. */
import type { APIRoute } from 'astro';
import { packAdvice } from '../../lib/advisor-data.ts';
import { type AdvisedModel, adviceData, advisedModels } from '../../lib/advisor-load.ts';
import { dataVersion } from '../../lib/db.ts';

export async function getStaticPaths() {
  const version = await dataVersion();
  const models = await advisedModels();
  return models.map((model) => ({ params: { file: `${model.id}.${version}` }, props: { model } }));
}

export const GET: APIRoute<{ model: AdvisedModel }> = async ({ props: { model } }) =>
  Response.json(packAdvice(await adviceData(model)));
