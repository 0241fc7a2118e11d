/** Every message about running a model in a browser; they are shown to readers of a page. */
import { BitlossError } from '../../data/errors.ts';

export const liveErrors = {
  download: (url: string, why: string) =>
    new BitlossError(
      'live/download',
      `[live] ${url}: the file could not be loaded, ${why}.`,
      'Check the connection and press Run again; what has been loaded already is not loaded twice.',
      { url },
    ),
  unpack: (url: string, why: string) =>
    new BitlossError(
      'live/unpack',
      `[live] ${url}: the file came damaged, or this browser cannot unpack gzip (${why}).`,
      'Load the page again, or use a browser from 2023 or later.',
      { url },
    ),
  otherContent: (url: string, found: string, wanted: string) =>
    new BitlossError(
      'live/other-content',
      `[live] ${url}: the file came damaged: its sha256 begins with ${found.slice(0, 12)}, not with ${wanted.slice(0, 12)}.`,
      'Load the page again; if that does not help, clear what the browser has stored for this site.',
      { url, found, wanted },
    ),
  packed: (recipe: string, cause: unknown) =>
    new BitlossError(
      'live/packed',
      `[live] ${recipe}: the codes made in advance are damaged, or of another model (${cause instanceof BitlossError ? cause.code : reasonOf(cause)}).`,
      'Load the page again, or choose a method that is rounded in the browser.',
      { recipe },
      cause,
    ),
  noWebAssembly: () =>
    new BitlossError(
      'live/no-webassembly',
      '[live] this browser does not run WebAssembly, or it is switched off.',
      'Use another browser, or allow WebAssembly for this page; the recorded texts can be read without it.',
    ),
  start: (cause: unknown) =>
    new BitlossError(
      'live/start',
      `[live] ONNX Runtime did not start: ${reasonOf(cause)}.`,
      'Close other tabs if memory is short, or use a newer browser; the recorded texts can be read without it.',
      {},
      cause,
    ),
  memory: (cause: unknown) =>
    new BitlossError(
      'live/memory',
      `[live] there is not enough memory for the model at four precisions: ${reasonOf(cause)}.`,
      'Close other tabs and load the page again, or choose the smaller model.',
      {},
      cause,
    ),
  noPrompt: () =>
    new BitlossError('live/no-prompt', '[live] the prompt is empty.', 'Write something to go on from.'),
  promptTooLong: (tokens: number, newTokens: number, limit: number) =>
    new BitlossError(
      'live/prompt-too-long',
      `[live] the prompt is ${tokens} tokens long; with ${newTokens} new ones that is more than the ${limit} the model reads.`,
      `Shorten it to ${limit - newTokens} tokens, or generate fewer.`,
      { tokens, newTokens, limit },
    ),
  unexpected: (cause: unknown) =>
    new BitlossError(
      'live/unexpected',
      `[live] running the model failed: ${reasonOf(cause)}.`,
      'Load the page again; if it happens again, please report it with the name of the browser.',
      {},
      cause,
    ),
};

function reasonOf(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).replace(/\.$/, '');
}
