/**
 * Log-likelihoods of continuations, encoded and cut as lm-evaluation-harness does it, so that scores can be compared.
 */
import type { ScoreRequest } from '../engines/engine.ts';
import * as errors from '../errors/task.ts';
import type { PairRequest } from '../tasks/task.ts';
import { logLikelihoodOf, type NamedRequest, type Prepare, scoreChecked } from './prepared.ts';
import type { Tokenizer } from './special-tokens.ts';
import { type BosRule, encodeStart, prefixOf } from './special-tokens.ts';

export interface EncodedPair {
  readonly context: readonly number[];
  readonly continuation: readonly number[];
}

/** Neighbouring pairs with the same context become one score request, whose context is computed once. */
export const preparePairs: Prepare<'pair'> = (requests, { task, settings, tokenizer, limits }) => {
  const encode = pairEncoder(task, tokenizer, settings.bos);
  const cutItems = new Set<string>();
  const pairs = requests.map((named) => {
    const pair = encode(named);
    const cut = cutLeft(task, named.item, pair, limits.maxPositions);
    if (cut !== pair) cutItems.add(named.item);
    return cut;
  });
  const scoreRequests = groupByContext(pairs);
  const items = new Set(requests.map(({ item }) => item)).size;
  return {
    compared: [],
    notes: cutItems.size === 0 ? [] : [cutNote(cutItems.size, items, limits.maxPositions)],
    run: async (model, onProgress) =>
      (await scoreChecked(task, model, scoreRequests, onProgress)).flat().map((scored) => ({
        logLikelihood: logLikelihoodOf(scored),
        tokens: scored.logProbabilities.length,
        isGreedy: scored.isGreedy,
      })),
  };
};

export function cutNote(cut: number, items: number, maxPositions: number): string {
  return `${cut} of ${items} prompts were longer than the ${maxPositions} positions of the model allow; their beginning was cut off.`;
}

/**
 * Encodes a pair so that a merge over the border is decided by the joint text: white space at the end of the context
 * goes to the continuation; the continuation's tokens are those of the joint encoding after as many as the context
 * alone has. An empty context stands for BOS, else EOS.
 */
export function pairEncoder(task: string, tokenizer: Tokenizer, bos: BosRule) {
  let lastText: string | null = null;
  let lastIds: readonly number[] = [];
  const encodeContext = (text: string) => {
    if (text !== lastText) lastIds = encodeStart(task, text, tokenizer, bos);
    lastText = text;
    return lastIds;
  };
  return ({ item, request }: NamedRequest<PairRequest>): EncodedPair => {
    const text = request.context.trimEnd();
    const rest = request.context.slice(text.length) + request.continuation;
    if (text === '') return checked(task, item, encodeAlone(task, rest, tokenizer));
    const context = encodeContext(text);
    const continuation = encodeStart(task, text + rest, tokenizer, bos).slice(context.length);
    return checked(task, item, { context, continuation });
  };
}

function encodeAlone(task: string, text: string, tokenizer: Tokenizer): EncodedPair {
  const prefix = prefixOf(task, tokenizer);
  const ids = tokenizer.encode(text);
  return ids[0] === prefix
    ? { context: [prefix], continuation: ids.slice(1) }
    : { context: [prefix], continuation: ids };
}

function checked(task: string, item: string, pair: EncodedPair): EncodedPair {
  if (pair.context.length === 0) throw errors.noTokens(task, item, 'the context');
  if (pair.continuation.length === 0) throw errors.noTokens(task, item, 'the continuation');
  return pair;
}

/** Keeps the last `maxPositions + 1` tokens: the last of them is only predicted. Returns the same object if it fits. */
function cutLeft(task: string, item: string, pair: EncodedPair, maxPositions: number): EncodedPair {
  const { context, continuation } = pair;
  if (continuation.length > maxPositions) {
    throw errors.continuationTooLong(task, item, continuation.length, maxPositions);
  }
  const excess = context.length + continuation.length - (maxPositions + 1);
  return excess <= 0 ? pair : { context: context.slice(excess), continuation };
}

function groupByContext(pairs: readonly EncodedPair[]): readonly ScoreRequest[] {
  const groups: { context: readonly number[]; continuations: (readonly number[])[] }[] = [];
  for (const { context, continuation } of pairs) {
    const last = groups.at(-1);
    if (last !== undefined && equal(last.context, context)) last.continuations.push(continuation);
    else groups.push({ context, continuations: [continuation] });
  }
  return groups;
}

function equal(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((id, index) => id === b[index]));
}
