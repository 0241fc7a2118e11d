/** One prompt at several precisions: the texts side by side, and what they have lost. */

import type { TextTokenizer } from '../checkpoint/tokenizer.ts';
import { GREEDY, type Sampling } from '../engines/sampling.ts';
import { liveErrors as errors } from '../errors/live.ts';
import type { LiveModel, Variant } from './live-model.ts';
import { differences, mean, perplexity, repetitionRate } from './measures.ts';

export interface ComparisonRequest {
  /** Canonical ids; the first is what the others are compared with. */
  readonly recipes: readonly string[];
  readonly prompt: string;
  readonly maxNewTokens: number;
  /** 0 takes the most probable token. */
  readonly temperature: number;
  readonly seed: number;
  /** Scored by every precision; an empty one is not. */
  readonly sentence: string;
}

/** A text as far as it has come. */
export interface Written {
  readonly tokens: readonly number[];
  /** What each token adds to the text. */
  readonly pieces: readonly string[];
  /** Whether each token is another than that of the first recipe at the same place, as far as that has come. */
  readonly differs: readonly boolean[];
}

/** What a precision did with the prompt. */
export interface LaneResult extends Written {
  readonly recipe: string;
  readonly bitsPerWeight: number;
  readonly sizeBytes: number;
  /** Whether the model ended the text itself. */
  readonly hasEnded: boolean;
  readonly repetition: number;
  /** Share of the tokens of the first recipe's text that this one, reading it, would have put there too. */
  readonly sameChoice: number;
  /** From the first recipe's distributions to this one's, mean over the tokens of the first one's text. */
  readonly klNats: number;
  /** Of the sentence; null where there is none. */
  readonly perplexity: number | null;
}

export interface ComparisonHooks {
  /** Called after every token of the recipe with this number. */
  readonly onToken?: (lane: number, written: Written) => void;
  /** Ends all texts where they are. */
  readonly isStopped?: () => boolean;
}

/**
 * All recipes write at the same time, each token drawn with the same random number for all; then they are measured.
 * @throws live/no-prompt, live/prompt-too-long, engine/request for settings out of range, and what making a variant throws
 */
export async function compare(
  live: LiveModel,
  request: ComparisonRequest,
  hooks: ComparisonHooks = {},
): Promise<readonly LaneResult[]> {
  const prompt = promptTokens(live, request);
  const variants: Variant[] = [];
  for (const recipe of request.recipes) variants.push(await live.variant(recipe));
  const texts: number[][] = variants.map(() => []);
  const written = (lane: number): Written => ({
    tokens: texts[lane],
    pieces: piecesOf(live.tokenizer, texts[lane]),
    differs: differences(texts[lane].slice(0, texts[0].length), texts[0]),
  });
  const sampling: Sampling = { ...GREEDY, temperature: request.temperature, seed: request.seed };
  const { eosId } = live.tokenizer;
  const write = async ({ model }: Variant, lane: number) => {
    const take = (generated: readonly number[]) => {
      texts[lane] = [...generated];
      hooks.onToken?.(lane, written(lane));
    };
    const stop = (generated: readonly number[]) => {
      take(generated);
      return generated.at(-1) === eosId || (hooks.isStopped?.() ?? false);
    };
    const [all] = await model.generate([{ prompt, maxNewTokens: request.maxNewTokens, stop, sampling }]);
    // The engine asks no more once the text is as long as it may be.
    if (all.length > texts[lane].length) take(all);
  };
  await Promise.all(variants.map(write));
  const measured = await measure(live, variants, prompt, texts[0], request.sentence);
  return variants.map(({ recipe, bitsPerWeight, sizeBytes }, lane) => ({
    ...written(lane),
    differs: differences(texts[lane], texts[0]),
    ...{ recipe, bitsPerWeight, sizeBytes },
    hasEnded: texts[lane].at(-1) === eosId,
    repetition: repetitionRate(texts[lane]),
    ...measured[lane],
  }));
}

function promptTokens(
  { tokenizer, architecture }: LiveModel,
  { prompt, maxNewTokens }: ComparisonRequest,
): readonly number[] {
  if (prompt === '') throw errors.noPrompt();
  const tokens = tokenizer.encodeWithSpecials(prompt);
  const { maxPositions } = architecture;
  if (tokens.length + maxNewTokens > maxPositions)
    throw errors.promptTooLong(tokens.length, maxNewTokens, maxPositions);
  return tokens;
}

/** All variants read the first one's text, and the sentence. */
async function measure(
  { tokenizer }: LiveModel,
  variants: readonly Variant[],
  context: readonly number[],
  text: readonly number[],
  sentence: string,
): Promise<readonly Pick<LaneResult, 'sameChoice' | 'klNats' | 'perplexity'>[]> {
  const [first, ...scored] = tokenizer.encodeWithSpecials(sentence);
  const requests = [{ context, continuations: [text] }];
  if (scored.length > 0) requests.push({ context: [first], continuations: [scored] });
  const reference = await variants[0].model.finalStates(requests.slice(0, 1));
  const measured: Pick<LaneResult, 'sameChoice' | 'klNats' | 'perplexity'>[] = [];
  for (const { model } of variants) {
    const [[{ divergence }], read] = await model.score(requests, undefined, reference);
    measured.push({
      sameChoice: mean(divergence!.isSameTop),
      klNats: mean(divergence!.klNats),
      perplexity: read === undefined ? null : perplexity(read[0].logProbabilities),
    });
  }
  return measured;
}

/** What each token adds to the text; a character of several tokens comes with the last of them. */
function piecesOf(tokenizer: TextTokenizer, tokens: readonly number[]): readonly string[] {
  let before = '';
  return tokens.map((_, i) => {
    const text = tokenizer.decode(tokens.slice(0, i + 1)).replace(/\uFFFD+$/u, '');
    const piece = text.startsWith(before) ? text.slice(before.length) : '';
    if (piece !== '') before = text;
    return piece;
  });
}
