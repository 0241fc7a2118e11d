/** Random texts in the form in which engines are asked. */
import type { ScoreRequest } from '../../eval/engines/engine.ts';
import { createRng } from '../../eval/math/rng.ts';

export function randomTokens(vocabulary: number, length: number, seed: number): number[] {
  const rng = createRng(seed);
  return Array.from({ length }, () => rng.int(vocabulary));
}

/** Token ids of texts for calibration. */
export function textsOf(vocabulary: number, samples: number, length: number): number[][] {
  return Array.from({ length: samples }, (_, seed) => randomTokens(vocabulary, length, 4000 + seed));
}

/** Windows whose first token is context and whose other tokens are all predicted. */
export function windowRequests(vocabulary: number, windows: number, length: number): ScoreRequest[] {
  return Array.from({ length: windows }, (_, seed) => {
    const tokens = randomTokens(vocabulary, length, seed);
    return { context: tokens.slice(0, 1), continuations: [tokens.slice(1)] };
  });
}

/** Questions with one context and a choice of each of these lengths. */
export function choiceRequests(
  vocabulary: number,
  { questions, context, lengths }: { questions: number; context: number; lengths: readonly number[] },
): ScoreRequest[] {
  return Array.from({ length: questions }, (_, question) => ({
    context: randomTokens(vocabulary, context, 1000 + question),
    continuations: lengths.map((length, i) => randomTokens(vocabulary, length, 2000 + 10 * question + i)),
  }));
}
