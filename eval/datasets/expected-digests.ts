/** What the catalogue of datasets says about the content of files. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { datasetSchema } from '../../data/catalog-schema.ts';

const CATALOGUE = new URL('../../data/datasets.json', import.meta.url);

let catalogue: Promise<readonly z.infer<typeof datasetSchema>[]> | undefined;

/**
 * The sha256 that a file of a dataset may have; none where the catalogue does not list the file. The catalogue gives
 * the digest of plain bytes, except for files that their authors publish as `.bz2`, so those only speak for themselves.
 * @param name relative to the data folder, as found
 */
export async function expectedDigests(dataset: string, name: string): Promise<readonly string[]> {
  catalogue ??= readFile(CATALOGUE, 'utf8').then((text) => z.array(datasetSchema).parse(JSON.parse(text)));
  const files = (await catalogue).find(({ id }) => id === dataset)?.files ?? [];
  return files.filter(({ path }) => speaksFor(path, name)).map(({ sha256 }) => sha256);
}

function speaksFor(path: string, name: string): boolean {
  if (path.endsWith('.bz2')) return path === name;
  return plainName(path) === plainName(name);
}

function plainName(name: string): string {
  return name.replace(/\.(?:gz|bz2)$/u, '');
}
