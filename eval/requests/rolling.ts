/** Log-likelihoods of whole texts, window by window. */
import type { Divergence, ScoreRequest } from '../engines/engine.ts';
import * as errors from '../errors/task.ts';
import type { RollingSettings } from '../tasks/kinds/settings.ts';
import type { RollingRequest } from '../tasks/task.ts';
import {
  logLikelihoodOf,
  type NamedRequest,
  type Preparation,
  type Prepare,
  scoreChecked,
} from './prepared.ts';
import { bosOf, encodeStart, prefixOf } from './special-tokens.ts';

export const prepareRolling: Prepare<'rolling'> = (requests, preparation) => {
  const texts = requests.map((named) => windowsOf(named, preparation));
  const requestsOfAll = texts.flat();
  return {
    notes: [],
    compared: requestsOfAll,
    async run(model, onProgress, reference) {
      const scored = await scoreChecked(preparation.task, model, requestsOfAll, onProgress, reference);
      const windows = scored.map(([window]) => ({
        nll: -logLikelihoodOf(window!),
        tokens: window!.logProbabilities.length,
        divergence: sumOf(window!.divergence),
      }));
      let next = 0;
      return texts.map(({ length }) => ({ windows: windows.slice(next, (next += length)) }));
    },
  };
};

function sumOf(divergence: Divergence | null) {
  if (divergence === null) return null;
  const { klNats, isSameTop } = divergence;
  return {
    klNats: klNats.reduce((sum, value) => sum + value, 0),
    sameTop: isSameTop.reduce((sum, value) => sum + value, 0),
  };
}

function windowsOf(
  { item, request }: NamedRequest<RollingRequest>,
  { task, settings, tokenizer, limits, windows: chosen }: Preparation<RollingSettings>,
): readonly ScoreRequest[] {
  const window = settings.window ?? limits.maxPositions;
  const bos = settings.bos === 'window' ? 'never' : settings.bos;
  const ids = encodeStart(task, request.text, tokenizer, bos);
  if (ids.length === 0) throw errors.noTokens(task, item, 'the text');
  if (request.windows === 'continuous') return continuousWindows(ids, prefixOf(task, tokenizer), window);
  const first = settings.bos === 'window' ? [bosOf(task, tokenizer)] : [];
  const windows = separateWindows(ids, first, window);
  if (windows.length === 0) throw errors.textTooShort(task, ids.length, window - first.length);
  if (request.limit !== null && request.limit > windows.length)
    throw errors.limitTooHigh(task, request.limit, windows.length, 'window');
  const all = request.limit === null ? windows : windows.slice(0, request.limit);
  return chosen === undefined ? all : chosen.map((window) => all[window]!);
}

/**
 * Windows of `window` tokens, `first` at the front of each; the remainder of the text is dropped. Each predicts all its
 * tokens but the first: Frantar et al. 2022 average the window − 1 losses of a window.
 */
export function separateWindows(
  ids: readonly number[],
  first: readonly number[],
  window: number,
): readonly ScoreRequest[] {
  const step = window - first.length;
  return Array.from({ length: Math.floor(ids.length / step) }, (_, index) => {
    const [context, ...continuation] = [...first, ...ids.slice(index * step, (index + 1) * step)];
    return { context: [context!], continuations: [continuation] };
  });
}

/**
 * Windows that predict every token once: the first from `prefix`, later ones from the last token before them. The last,
 * shorter window gets as much context as fits, so that its input has `window` tokens too (rolling windows of
 * lm-evaluation-harness).
 */
export function continuousWindows(
  ids: readonly number[],
  prefix: number,
  window: number,
): readonly ScoreRequest[] {
  const first = { context: [prefix], continuations: [ids.slice(0, window)] };
  const count = Math.ceil(ids.length / window);
  const later = Array.from({ length: count - 1 }, (_, index) => {
    const from = (index + 1) * window;
    const continuation = ids.slice(from, from + window);
    return {
      context: ids.slice(from - (window - continuation.length + 1), from),
      continuations: [continuation],
    };
  });
  return [first, ...later];
}
