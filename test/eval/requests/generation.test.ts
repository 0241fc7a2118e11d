/** When a generated text stops, by the tokenizer of a shipped model. */
import path from 'node:path';
import { expect, test } from 'vitest';
import { openTokenizer } from '../../../eval/checkpoint/open-tokenizer.ts';
import type { TextTokenizer } from '../../../eval/checkpoint/tokenizer.ts';
import type { GenerateRequest, LoadedModel } from '../../../eval/engines/engine.ts';
import { createRng } from '../../../eval/math/rng.ts';
import { prepareGeneration } from '../../../eval/requests/generation.ts';

const FOLDER = path.join(import.meta.dirname, '../../../data/models/bitloss-llama-0.5m');
const tokenizer = await openTokenizer(FOLDER, {});

/** What the engine is asked for. */
async function requestFor(until: readonly string[], own: TextTokenizer): Promise<GenerateRequest> {
  const prepared = prepareGeneration([{ item: 'a', request: { prompt: 'Question: who?', until } }], {
    ...{ task: 't', settings: { limit: null, max_new_tokens: 8, bos: 'tokenizer' }, tokenizer: own },
    limits: { maxPositions: 256 },
  });
  let asked: readonly GenerateRequest[] = [];
  const model = {
    generate: async (requests: readonly GenerateRequest[]) => {
      asked = requests;
      return requests.map(() => []);
    },
  };
  await prepared.run(model as unknown as LoadedModel);
  return asked[0]!;
}

test.each([[['\n']], [['. ', '\nQ']], [['é', 'er']], [['']], [[]]])('%j', async (until) => {
  expect(tokenizer.isByteLevel).toBe(true);
  const filtered = await requestFor(until, tokenizer);
  const whole = await requestFor(until, { ...tokenizer, isByteLevel: false });
  const pieces = [...tokenizer.encode('a. b\nQuestion é er ü'), ...tokenizer.encode('\n'), tokenizer.eosId!];
  const rng = createRng(5);
  let stops = 0;
  for (let text = 0; text < 60; text += 1) {
    const made: number[] = [];
    for (let has = false; !has && made.length < 40; ) {
      const isOwn = rng.int(4) === 0;
      made.push(isOwn ? pieces[rng.int(pieces.length)]! : rng.int(tokenizer.vocabSize));
      has = whole.stop(made);
      expect(filtered.stop(made)).toBe(has);
      stops += Number(has);
    }
  }
  expect(stops).toBeGreaterThan(0);
});
