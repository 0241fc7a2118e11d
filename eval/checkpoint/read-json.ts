/** Reads a JSON file of a checkpoint folder. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { checkpointErrors as errors } from '../errors/checkpoint.ts';

/** The largest published tokenizer.json has some 40 MB. */
const MAX_BYTES = 256 * 2 ** 20;

/** @throws checkpoint/missing-file, checkpoint/json */
export async function readJson(folder: string, name: string): Promise<unknown> {
  const file = join(folder, name);
  try {
    const { size } = await stat(file);
    if (size > MAX_BYTES)
      throw errors.json(file, `the file has ${size} bytes, more than the ${MAX_BYTES} that are read`);
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    if (cause instanceof SyntaxError) throw errors.json(file, 'the file is not JSON', cause);
    throw isMissing(cause) ? errors.missingFile(folder, name, cause) : cause;
  }
}

/** An error of the file system. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
