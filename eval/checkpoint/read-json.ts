/** Reads a JSON file of a checkpoint folder. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkpointErrors as errors } from '../errors/checkpoint.ts';

/** @throws checkpoint/missing-file, checkpoint/json */
export async function readJson(folder: string, name: string): Promise<unknown> {
  const text = await readFile(join(folder, name), 'utf8').catch((cause: unknown) => {
    throw errors.missingFile(folder, name, cause);
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw errors.json(join(folder, name), 'the file is not JSON', cause);
  }
}
