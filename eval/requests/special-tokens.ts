/** How a text becomes tokens under a BOS rule. */
import type { TextTokenizer } from '../checkpoint/tokenizer.ts';
import * as errors from '../errors/task.ts';

/** What evaluation needs of a tokenizer. */
export type Tokenizer = Pick<
  TextTokenizer,
  'encode' | 'encodeWithSpecials' | 'decode' | 'isByteLevel' | 'bosId' | 'eosId'
>;

/** `tokenizer`: what the tokenizer does by itself. */
export type BosRule = 'tokenizer' | 'always' | 'never';

/** Encodes the beginning of a sequence. A text that itself starts with BOS never gets a second one. */
export function encodeStart(task: string, text: string, tokenizer: Tokenizer, bos: BosRule): number[] {
  const hasBos = startsWithBos(text, tokenizer);
  if (bos === 'tokenizer') return hasBos ? tokenizer.encode(text) : tokenizer.encodeWithSpecials(text);
  const ids = tokenizer.encode(text);
  return bos === 'never' || hasBos ? ids : [bosOf(task, tokenizer), ...ids];
}

/** Throws `task/no-prefix-token` where the tokenizer has no BOS. */
export function bosOf(task: string, { bosId }: Tokenizer): number {
  if (bosId === null) throw errors.noPrefixToken(task, 'the BOS rule asks for BOS');
  return bosId;
}

/** What stands before a text that has nothing before it: BOS, else EOS, as in lm-evaluation-harness. */
export function prefixOf(task: string, { bosId, eosId }: Tokenizer): number {
  const prefix = bosId ?? eosId;
  if (prefix === null)
    throw errors.noPrefixToken(task, 'the first token of a text is predicted from BOS or EOS');
  return prefix;
}

function startsWithBos(text: string, tokenizer: Tokenizer): boolean {
  const { bosId } = tokenizer;
  const bosText = bosId === null ? '' : tokenizer.decode([bosId], { keepSpecials: true });
  return bosText !== '' && text.startsWith(bosText);
}
