/** Every message that a reader of the page with the running model can meet. */
import { expect, test } from 'vitest';
import { liveErrors as errors } from '../../../eval/errors/live.ts';

const messages = {
  download: errors.download('/break/model.gz', 'status 404'),
  unpack: errors.unpack('/break/model.gz', 'unexpected end of data'),
  otherContent: errors.otherContent('/break/model.gz', 'ab'.repeat(32), 'cd'.repeat(32)),
  packed: errors.packed('gptq-w3g64', errors.noPrompt()),
  noWebAssembly: errors.noWebAssembly(),
  start: errors.start(new Error('no available backend found.')),
  memory: errors.memory(new RangeError('Array buffer allocation failed')),
  noPrompt: errors.noPrompt(),
  promptTooLong: errors.promptTooLong(500, 64, 512),
  unexpected: errors.unexpected(new TypeError('x is undefined')),
};

test('messages', () => {
  const texts = Object.values(messages).map(({ code, message }) => `${code} ${message}`);
  expect(texts).toMatchInlineSnapshot(`
    [
      "live/download [live] /break/model.gz: the file could not be loaded, status 404. Check the connection and press Run again; what has been loaded already is not loaded twice.",
      "live/unpack [live] /break/model.gz: the file came damaged, or this browser cannot unpack gzip (unexpected end of data). Load the page again, or use a browser from 2023 or later.",
      "live/other-content [live] /break/model.gz: the file came damaged: its sha256 begins with abababababab, not with cdcdcdcdcdcd. Load the page again; if that does not help, clear what the browser has stored for this site.",
      "live/packed [live] gptq-w3g64: the codes made in advance are damaged, or of another model (live/no-prompt). Load the page again, or choose a method that is rounded in the browser.",
      "live/no-webassembly [live] this browser does not run WebAssembly, or it is switched off. Use another browser, or allow WebAssembly for this page; the recorded texts can be read without it.",
      "live/start [live] ONNX Runtime did not start: no available backend found. Close other tabs if memory is short, or use a newer browser; the recorded texts can be read without it.",
      "live/memory [live] there is not enough memory for the model at four precisions: Array buffer allocation failed. Close other tabs and load the page again, or choose the smaller model.",
      "live/no-prompt [live] the prompt is empty. Write something to go on from.",
      "live/prompt-too-long [live] the prompt is 500 tokens long; with 64 new ones that is more than the 512 the model reads. Shorten it to 448 tokens, or generate fewer.",
      "live/unexpected [live] running the model failed: x is undefined. Load the page again; if it happens again, please report it with the name of the browser.",
    ]
  `);
});
