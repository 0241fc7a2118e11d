/** The runtime, the models and the codes that the page loads when the reader asks for them. */
import type { APIRoute } from 'astro';
import { modelParts, runtimeFile, type ShippedFile } from '../../live/files.ts';
import { liveModels } from '../../live/offer.ts';

export async function getStaticPaths() {
  const files = [await runtimeFile()];
  for (const { id } of await liveModels()) {
    const { description, weights, packed } = await modelParts(id);
    files.push(description, weights, ...Object.values(packed));
  }
  return files.map((shipped) => ({ params: { file: shipped.name }, props: { shipped } }));
}

export const GET: APIRoute<{ shipped: ShippedFile }> = ({ props: { shipped } }) =>
  new Response(shipped.bytes, { headers: { 'content-type': 'application/octet-stream' } });
