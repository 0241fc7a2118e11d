/** The tokenizer of a checkpoint folder. */
import { readJson } from './read-json.ts';
import { createTokenizer, type TextTokenizer } from './tokenizer.ts';

/**
 * Reads `tokenizer.json` and, where it exists, `tokenizer_config.json`.
 * @throws checkpoint/missing-file, checkpoint/json, checkpoint/tokenizer
 */
export async function openTokenizer(folder: string, modelConfig: unknown): Promise<TextTokenizer> {
  const definition = await readJson(folder, 'tokenizer.json');
  const options = await readJson(folder, 'tokenizer_config.json').catch((error: { code?: string }) => {
    if (error.code === 'checkpoint/missing-file') return null;
    throw error;
  });
  return createTokenizer(folder, { definition, options, modelConfig });
}
