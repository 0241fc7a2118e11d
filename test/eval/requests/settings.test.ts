import { expect, test } from 'vitest';
import { prepareTask } from '../../../eval/evaluate.ts';
import { resolveSettings } from '../../../eval/requests/resolve-settings.ts';
import { piqa } from '../../../eval/tasks/piqa.ts';
import { wikitextLmEval } from '../../../eval/tasks/wikitext-lm-eval.ts';
import { worldAnswers } from '../../../eval/tasks/world-answers.ts';
import { worldText } from '../../../eval/tasks/world-text.ts';
import { codes, fakeModel, fakeTokenizer } from '../tasks/fakes.ts';

test('what is recorded is complete, and complete settings stay as they are', () => {
  const resolved = resolveSettings(worldText, {}, { maxPositions: 512 });
  expect(resolved).toEqual({ limit: null, window: 512, bos: 'tokenizer' });
  expect(resolveSettings(worldText, resolved, { maxPositions: 4096 })).toEqual(resolved);
  expect(resolveSettings(worldText, {}, { maxPositions: 4096 })).toMatchObject({ window: 2048 });
  expect(resolveSettings(wikitextLmEval, {}, { maxPositions: 4096 })).toMatchObject({ window: 4096 });
  expect(resolveSettings(piqa, {}, { maxPositions: 512 })).toEqual({ limit: null, bos: 'tokenizer' });
  expect(resolveSettings(worldAnswers, {}, { maxPositions: 512 })).toMatchObject({ max_new_tokens: 32 });
});

test('all problems of settings are told at once', () => {
  expect(() =>
    resolveSettings(worldText, { limit: 0, window: 1, colour: 'red' }, { maxPositions: 8 }),
  ).toThrow(
    expect.objectContaining({
      code: 'task/settings',
      details: { task: 'world-text', problems: [expect.anything(), expect.anything(), expect.anything()] },
    }),
  );
});

const docs = ['a', 'b', 'c'].map((id) => ({ id, goal: id, solutions: ['x', 'y'] as const, answer: 0 }));
const piqaWith = (settings: { readonly limit?: number }, given = docs) =>
  prepareTask({
    task: piqa,
    settings,
    docs: given,
    tokenizer: fakeTokenizer(),
    limits: { maxPositions: 64 },
  });

test('limit takes the first documents and may not ask for more than there are', async () => {
  const { model } = fakeModel({ probability: () => 0.5 });
  const { items } = await piqaWith({ limit: 2 }).evaluate(model);
  expect(items.columns[0]).toMatchObject({ name: 'item', values: ['a', 'b'] });
  expect(() => piqaWith({ limit: 4 })).toThrow(expect.objectContaining({ code: 'task/limit' }));
  expect(() => piqaWith({}, [])).toThrow(expect.objectContaining({ code: 'task/no-documents' }));
});

test('a prepared task can be run on several models', async () => {
  const prepared = piqaWith({});
  const likesX = await prepared.evaluate(
    fakeModel({ probability: (id) => (id === codes('x')[0] ? 0.9 : 0.5) }).model,
  );
  const likesY = await prepared.evaluate(
    fakeModel({ probability: (id) => (id === codes('y')[0] ? 0.9 : 0.5) }).model,
  );
  expect(likesX.metrics[0]).toMatchObject({ metric: 'acc', value: 1 });
  expect(likesY.metrics[0]).toMatchObject({ metric: 'acc', value: 0 });
});

test('generation needs room for a prompt, whose beginning is cut where it is too long', async () => {
  const question = {
    id: 'q',
    subject: 'town',
    question: '',
    prompt: 'abcdef',
    answer: 'x',
    choices: [],
    answerIndex: 0,
  };
  const given = { task: worldAnswers, docs: [question], tokenizer: fakeTokenizer() };
  const prepare = (max_new_tokens: number) =>
    prepareTask({ ...given, settings: { max_new_tokens }, limits: { maxPositions: 8 } });
  expect(() => prepare(8)).toThrow(expect.objectContaining({ code: 'task/no-room' }));
  const seen: (readonly number[])[] = [];
  const { model } = fakeModel({
    probability: () => 1,
    best: (before) => {
      seen.push(before);
      return codes('\n')[0]!;
    },
  });
  expect((await prepare(4).evaluate(model)).notes).toHaveLength(1);
  expect(seen).toEqual([codes('cdef')]);
});
