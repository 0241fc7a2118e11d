/** Greedy generation up to a stopping text. */
import type { GenerateRequest } from '../engines/engine.ts';
import * as errors from '../errors/task.ts';
import type { GenerationAnswer } from '../tasks/task.ts';
import { cutNote } from './pair.ts';
import type { Prepare } from './prepared.ts';
import type { Tokenizer } from './special-tokens.ts';
import { encodeStart } from './special-tokens.ts';

export const prepareGeneration: Prepare<'generation'> = (requests, { task, settings, tokenizer, limits }) => {
  const room = limits.maxPositions - settings.max_new_tokens;
  if (room < 1) throw errors.noRoomToGenerate(task, settings.max_new_tokens, limits.maxPositions);
  let cut = 0;
  const prompts = requests.map(({ item, request }): GenerateRequest => {
    const ids = encodeStart(task, request.prompt, tokenizer, settings.bos);
    if (ids.length === 0) throw errors.noTokens(task, item, 'the prompt');
    if (ids.length > room) cut += 1;
    return {
      prompt: ids.slice(-room),
      maxNewTokens: settings.max_new_tokens,
      stop: (generated) => isStopped(generated, request.until, tokenizer),
    };
  });
  return {
    compared: [],
    notes: cut === 0 ? [] : [cutNote(cut, requests.length, limits.maxPositions)],
    run: async (model, onProgress) =>
      (await model.generate(prompts, onProgress)).map((ids, index) =>
        read(ids, requests[index]!.request.until, tokenizer),
      ),
  };
};

function isStopped(generated: readonly number[], until: readonly string[], tokenizer: Tokenizer): boolean {
  if (tokenizer.eosId !== null && generated.at(-1) === tokenizer.eosId) return true;
  const text = tokenizer.decode(generated);
  return until.some((stop) => text.includes(stop));
}

function read(ids: readonly number[], until: readonly string[], tokenizer: Tokenizer): GenerationAnswer {
  const end = tokenizer.eosId === null ? -1 : ids.indexOf(tokenizer.eosId);
  const text = tokenizer.decode(end === -1 ? ids : ids.slice(0, end));
  return { text: until.reduce((rest, stop) => rest.split(stop)[0]!, text), tokens: ids.length };
}
