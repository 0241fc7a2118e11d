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
  const canStop = stopFilter(tokenizer);
  const prompts = requests.map(({ item, request }): GenerateRequest => {
    const ids = encodeStart(task, request.prompt, tokenizer, settings.bos);
    if (ids.length === 0) throw errors.noTokens(task, item, 'the prompt');
    if (ids.length > room) cut += 1;
    return {
      prompt: ids.slice(-room),
      maxNewTokens: settings.max_new_tokens,
      stop: (generated) => isStopped(generated, request.until, tokenizer, canStop),
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

/** Whether a token can complete a stopping text; it may be wrong only in saying so. */
type StopFilter = (token: number, stop: string) => boolean;

/** Decoding a whole text for each of its tokens would be most of the work of a generation task on a small model. */
function stopFilter(tokenizer: Tokenizer): StopFilter {
  const texts = new Map<number, string>();
  return (token, stop) => {
    const last = stop.at(-1);
    if (tokenizer.isByteLevel !== true || last === undefined || last > '\x7f') return true;
    let text = texts.get(token);
    if (text === undefined) {
      text = tokenizer.decode([token]);
      texts.set(token, text);
    }
    return text.includes(last);
  };
}

function isStopped(
  generated: readonly number[],
  until: readonly string[],
  tokenizer: Tokenizer,
  canStop: StopFilter,
): boolean {
  if (tokenizer.eosId !== null && generated.at(-1) === tokenizer.eosId) return true;
  const possible = until.filter((stop) => canStop(generated.at(-1)!, stop));
  if (possible.length === 0) return false;
  const text = tokenizer.decode(generated);
  return possible.some((stop) => text.includes(stop));
}

function read(ids: readonly number[], until: readonly string[], tokenizer: Tokenizer): GenerationAnswer {
  const end = tokenizer.eosId === null ? -1 : ids.indexOf(tokenizer.eosId);
  const text = tokenizer.decode(end === -1 ? ids : ids.slice(0, end));
  return { text: until.reduce((rest, stop) => rest.split(stop)[0]!, text), tokens: ids.length };
}
