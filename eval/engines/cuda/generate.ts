/**
 * Generation on the device: prompts are read in packed passes, then every step adds a token to each of up to 512 texts.
 * The device takes several steps by itself; only the new token ids come back from them. Texts that end leave their slot
 * to those that wait.
 */
import { engineErrors as errors } from '../../errors/engine.ts';
import type { GenerateRequest, OnProgress } from '../engine.ts';
import { checkTokens } from '../pack.ts';
import { checkSampling, GREEDY } from '../sampling.ts';
import { generateTexts } from './generate-texts.ts';
import type { KeptGeneration } from './kept-generation.ts';
import type { Residence } from './residence.ts';
import { TextQueue } from './text-queue.ts';

export interface GenerateOptions {
  /** Records steps as CUDA graphs. @default true */
  readonly graphs?: boolean;
  /** Most texts at a time. @default 512, or 64 where more of them would take much memory */
  readonly slots?: number;
  /** Most steps that are taken before the host looks at the tokens, 1 to 8. @default 8 */
  readonly steps?: number;
}

/** Throws `engine/request`, `engine/too-long`, `engine/device-memory`, `engine/not-finite`. */
export async function generate(
  residence: Residence,
  kept: KeptGeneration,
  requests: readonly GenerateRequest[],
  onProgress?: OnProgress,
  options: GenerateOptions = {},
): Promise<readonly (readonly number[])[]> {
  const { architecture } = residence.options;
  for (const [index, request] of requests.entries()) {
    const { prompt, maxNewTokens, sampling = GREEDY } = request;
    if (prompt.length === 0)
      throw errors.request(index, 'its prompt is empty, so there is nothing to go on from');
    if (!Number.isInteger(maxNewTokens) || maxNewTokens < 0)
      throw errors.request(index, `maxNewTokens is ${maxNewTokens}, not a whole number from 0`);
    checkTokens(prompt, index, architecture.vocabSize);
    checkSampling(sampling, index);
    const positions = readLength(request);
    if (positions > architecture.maxPositions)
      throw errors.tooLong(index, positions, architecture.maxPositions);
  }
  const queue = new TextQueue(requests, onProgress);
  for (const group of queue.groups) await generateTexts(residence, group, queue, options, kept);
  return queue.results;
}

/** Tokens that are read if generation goes on to its end: the last one is only written. */
export function readLength({ prompt, maxNewTokens }: GenerateRequest): number {
  return prompt.length + Math.max(0, maxNewTokens - 1);
}
