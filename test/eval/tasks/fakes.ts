/** A tokenizer and a model small enough to work out by hand. */

import type { LoadedModel, ScoredContinuation } from '../../../eval/engines/engine.ts';
import type { Tokenizer } from '../../../eval/requests/special-tokens.ts';
import { architecture } from './fake-architecture.ts';

export const BOS = 1;
export const EOS = 2;

/**
 * One token a character (its code point), except for `merges`, longest first, which are tokens from 100,000 on. BOS is
 * written `<s>`, EOS `</s>`; with special tokens a text starts with BOS.
 */
export function fakeTokenizer({ merges = [] as readonly string[], bos = true, eos = true } = {}): Tokenizer {
  const pieces = [...merges, '<s>', '</s>'].sort((a, b) => b.length - a.length);
  const ids = new Map([
    ...merges.map((merge, index) => [merge, 100_000 + index] as const),
    ['<s>', BOS],
    ['</s>', EOS],
  ]);
  const texts = new Map([...ids].map(([text, id]) => [id, text]));
  const encode = (text: string): number[] => {
    const tokens: number[] = [];
    for (let at = 0; at < text.length; ) {
      const piece =
        pieces.find((candidate) => text.startsWith(candidate, at)) ??
        String.fromCodePoint(text.codePointAt(at)!);
      tokens.push(ids.get(piece) ?? piece.codePointAt(0)!);
      at += piece.length;
    }
    return tokens;
  };
  return {
    encode,
    encodeWithSpecials: (text) => (bos ? [BOS, ...encode(text)] : encode(text)),
    decode: (tokens, { keepSpecials } = { keepSpecials: false }) =>
      tokens
        .filter((id) => keepSpecials || (id !== BOS && id !== EOS))
        .map((id) => texts.get(id) ?? String.fromCodePoint(id))
        .join(''),
    bosId: bos ? BOS : null,
    eosId: eos ? EOS : null,
  };
}

export interface FakeModel {
  /** p(token | the tokens before it). */
  readonly probability: (token: number, before: readonly number[]) => number;
  /** The most likely next token, for `isGreedy` and generation. */
  readonly best?: (before: readonly number[]) => number;
  readonly maxPositions?: number;
}

/** Implements what evaluation calls; the rest throws. Score requests it got are kept in `asked`. */
export function fakeModel({ probability, best = () => -1, maxPositions = 64 }: FakeModel) {
  const asked: {
    readonly context: readonly number[];
    readonly continuations: readonly (readonly number[])[];
  }[] = [];
  const scoreOne = (context: readonly number[], continuation: readonly number[]): ScoredContinuation => {
    const before = (index: number) => [...context, ...continuation.slice(0, index)];
    return {
      logProbabilities: Float32Array.from(continuation, (token, index) =>
        Math.log(probability(token, before(index))),
      ),
      divergence: null,
      isGreedy: continuation.every((token, index) => best(before(index)) === token),
    };
  };
  const refuse = () => {
    throw new Error('evaluation must not call this');
  };
  const model: LoadedModel = {
    architecture: { ...architecture, maxPositions },
    async score(requests) {
      asked.push(...requests);
      return requests.map(({ context, continuations }) => continuations.map((one) => scoreOne(context, one)));
    },
    finalStates: refuse,
    async generate(requests) {
      return requests.map(({ prompt, maxNewTokens, stop }) => {
        const generated: number[] = [];
        while (generated.length < maxNewTokens && !(generated.length > 0 && stop(generated))) {
          generated.push(best([...prompt, ...generated]));
        }
        return generated;
      });
    },
    logits: refuse,
    embed: refuse,
    runBlock: refuse,
    useWeights: refuse,
  };
  return { model, asked };
}

/** Token ids of a text, one a character. */
export function codes(text: string): number[] {
  return [...text].map((character) => character.codePointAt(0)!);
}
