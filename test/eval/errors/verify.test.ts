import { expect, test } from 'vitest';
import { verifyErrors } from '../../../eval/errors/verify.ts';

test('messages', () => {
  const messages = [
    verifyErrors.unknown('bitloss-lama-3m-1', ['bitloss-llama-3m-1']),
    verifyErrors.settings('r', ['recipes: expected a name']),
    verifyErrors.noWeights('r', 'data/models/x'),
    verifyErrors.weights('r', 'aa', 'bb'),
    verifyErrors.inputs('r', ['tokenizer.json: aa there, bb here']),
    verifyErrors.data('r', '/srv/texts'),
    verifyErrors.nothing('r', ['Version 1 of the task was measured there, 2 is here.']),
    verifyErrors.notPublished('data/local/r/run.json'),
    verifyErrors.noDispute('r'),
    verifyErrors.noRuns(['r']),
  ].map(({ code, message }) => `${code}: ${message}`);
  expect(messages.join('\n')).toMatchInlineSnapshot(`
    "verify/unknown: [verify] "bitloss-lama-3m-1" is no run file, no published run and no row of the board. Did you mean "bitloss-llama-3m-1"? Give a file such as data/local/RUN/run.json, the id of one of the 1 runs below data/results, or the 16 digits that a row has on its page.
    verify/settings: [verify] r: the settings of the run cannot be used here: recipes: expected a name. Use the version of the code that the manifest names.
    verify/no-weights: [verify] r: the weights of data/models/x are not here. Get them and name their folder with --model DIR; nothing was computed.
    verify/weights: [verify] r: the weights here are not those of the run: SHA-256 aa there, bb here. Get the same files and name their folder with --model DIR; nothing was computed.
    verify/inputs: [verify] r: the inputs here are not those of the run:
      - tokenizer.json: aa there, bb here
     Get the same files, and name their places with --model and --data; nothing was computed.
    verify/data: [verify] r: the run read its tasks from the folder /srv/texts, which is not here. Name the folder with the same data sets: --data DIR; nothing was computed.
    verify/nothing: [verify] r: nothing in it can be measured here:
      - Version 1 of the task was measured there, 2 is here.
     Check out the code commit that the manifest names.
    verify/not-published: [verify] data/local/r/run.json: a record is about a published run, and this one is not below data/results. Leave --handle out to compare without a record, or publish the run first: pnpm submission new.
    verify/no-dispute: [verify] r: the numbers agree within noise, or how large that is is not known; there is nothing to dispute. Leave --dispute out; another doubt than about the numbers is a record written by hand, see docs/submitting.md.
    verify/no-runs: [spot-check] nothing is left to check. Name a run with --run, such as r; --dry-run tells what was left out and why."
  `);
});
