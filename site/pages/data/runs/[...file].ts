/** Run files and per-item outcomes, byte for byte as they were stored. */
import { readFile } from 'node:fs/promises';
import type { APIRoute } from 'astro';
import { runDownloads } from '../../../lib/run-files.ts';

export async function getStaticPaths() {
  return (await runDownloads()).map(({ path, file }) => ({ params: { file: path }, props: { file } }));
}

export const GET: APIRoute<{ file: string }> = async ({ props }) =>
  new Response(new Uint8Array(await readFile(props.file)));
