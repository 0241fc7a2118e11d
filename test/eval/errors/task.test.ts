/** Every message about tasks that no other test shows in full. */
import { expect, test } from 'vitest';
import * as errors from '../../../eval/errors/task.ts';
import { taskById } from '../../../eval/tasks/index.ts';

const messages = {
  unknownTask: errors.unknownTask('helaswag', ['arc-easy', 'hellaswag']),
  badSettings: errors.badSettings('piqa', ['limit: Too small', 'Unrecognized key: "colour"']),
  windowTooLong: errors.windowTooLong('wikitext2', 4096, 512),
  limitTooHigh: errors.limitTooHigh('piqa', 5000, 1838, 'document'),
  noDocuments: errors.noDocuments('piqa'),
  noTokens: errors.noTokens('world-text', 'held-out', 'the text'),
  textTooShort: errors.textTooShort('wikitext2', 100, 2048),
  continuationTooLong: errors.continuationTooLong('hellaswag', 'hellaswag-7', 70, 64),
  noRoomToGenerate: errors.noRoomToGenerate('world-answers', 600, 512),
  noPrefixToken: errors.noPrefixToken('lambada', 'the BOS rule asks for BOS'),
  notFinite: errors.notFinite('wikitext2', 1, 2047),
  unpairedItems: errors.unpairedItems('piqa', '100 items against 50'),
  badColumn: errors.badColumn('piqa', 'acc', 'is missing'),
};

test('messages', () => {
  const texts = Object.values(messages).map(({ code, message }) => `${code} ${message}`);
  expect(texts).toMatchInlineSnapshot(`
    [
      "task/unknown [tasks] there is no task "helaswag". Did you mean "hellaswag"? Known: arc-easy, hellaswag (2).",
      "task/settings [tasks] piqa: limit: Too small; Unrecognized key: "colour". Leave the setting out to get its default.",
      "task/window [tasks] wikitext2: a window of 4096 tokens is longer than the 512 positions of the model. Set window to at most 512, or leave it out.",
      "task/limit [tasks] piqa: limit 5000 is more than the 1,838 documents there are. Lower the limit or leave it out.",
      "task/no-documents [tasks] piqa: there are no documents to ask about. Check the data.",
      "task/no-tokens [tasks] world-text: held-out: the text has no tokens. Check the data and whether the tokenizer fits the model.",
      "task/text-too-short [tasks] wikitext2: the text has 100 tokens, which is less than one window of 2048. Set window to at most 100, or give a longer text.",
      "task/continuation-too-long [tasks] hellaswag: hellaswag-7: a continuation of 70 tokens does not fit into the 64 positions of the model. Use a model with more positions, or leave this task out.",
      "task/no-room [tasks] world-answers: max_new_tokens 600 leaves no room for a prompt in the 512 positions of the model. Set max_new_tokens to less than 512.",
      "task/no-prefix-token [tasks] lambada: the BOS rule asks for BOS, and the tokenizer names no token for that. Name the BOS or EOS token in tokenizer_config.json, or choose another BOS rule.",
      "task/not-finite [tasks] wikitext2: the model gave no finite log-probability for 1 of 2,047 tokens. The compressed weights are most likely not finite; look at the recipe.",
      "task/unpaired [tasks] piqa: the items cannot be paired with those of the 16-bit model: 100 items against 50. Measure both with the same data, settings and task version.",
      "task/column [tasks] piqa: column "acc" is missing. Correct the columns or the score function of the task.",
    ]
  `);
});

test('of many problems the first twenty are shown and all are kept', () => {
  const problems = Array.from({ length: 23 }, (_, index) => ({
    file: 'f',
    line: index + 1,
    field: null,
    why: 'no',
  }));
  const { message, details } = errors.malformedDataset({ id: 'd' }, problems);
  expect(message).toContain('[data] d: 23 problems:\n  - f, line 1: no\n');
  expect(message).toContain('  - f, line 20: no\n  - … and 3 more. Correct');
  expect(details.problems).toEqual(problems);
});

test('names of objects are no tasks', () => {
  expect(taskById('piqa').id).toBe('piqa');
  expect(() => taskById('toString')).toThrow(expect.objectContaining({ code: 'task/unknown' }));
});
