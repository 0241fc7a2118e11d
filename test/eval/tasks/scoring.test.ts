/** Scores worked out by hand on a model whose probabilities are written down here. */
import { expect, test } from 'vitest';
import type { Doc } from '../../../eval/datasets/dataset.ts';
import { evaluateTask } from '../../../eval/evaluate.ts';
import type { ItemTable } from '../../../eval/items.ts';
import { arcEasy } from '../../../eval/tasks/arc-easy.ts';
import { lambada } from '../../../eval/tasks/lambada.ts';
import type { RequestKind, Task } from '../../../eval/tasks/task.ts';
import { winogrande } from '../../../eval/tasks/winogrande.ts';
import { worldAnswers } from '../../../eval/tasks/world-answers.ts';
import { BOS, codes, EOS, type FakeModel, fakeModel, fakeTokenizer } from './fakes.ts';

async function run<D extends Doc, Kind extends RequestKind>(
  task: Task<D, Kind>,
  docs: readonly D[],
  fake: FakeModel,
) {
  const { model, asked } = fakeModel(fake);
  const evaluation = await evaluateTask({ task, docs, settings: {}, model, tokenizer: fakeTokenizer() });
  return { ...evaluation, asked };
}

function column(items: ItemTable, name: string) {
  const found = items.columns.find((candidate) => candidate.name === name);
  return found === undefined
    ? undefined
    : Array.from(found.values as ArrayLike<unknown>, (value) =>
        value instanceof Float64Array ? Array.from(value) : value,
      );
}

const question = (id: string, choices: readonly string[], answer: number) => ({
  id,
  question: 'q',
  choices,
  answer,
});

/** Every character has probability ½, so that ln p of a choice is −(1 + its length) · ln 2, the space included. */
const coin: FakeModel = { probability: () => 0.5 };

test('acc takes the highest sum, acc_norm the highest per character of the choice without the space', async () => {
  // ln p: a −2 ln 2, bbb −4 ln 2; per character −2 ln 2 and −4/3 ln 2: acc says a, acc_norm says bbb.
  const docs = [
    question('one', ['a', 'bbb'], 0),
    question('two', ['a', 'bbb'], 1),
    question('three', ['bbb', 'a'], 0),
  ];
  const { metrics, items } = await run(arcEasy, docs, coin);
  expect(column(items, 'choice')).toEqual([0, 0, 1]);
  expect(column(items, 'choice_norm')).toEqual([1, 1, 0]);
  expect(column(items, 'acc')).toEqual([1, 0, 0]);
  expect(column(items, 'acc_norm')).toEqual([0, 1, 1]);
  const [log] = column(items, 'log_likelihoods') as number[][];
  expect(log![0]).toBeCloseTo(-2 * Math.LN2, 6);
  expect(log![1]).toBeCloseTo(-4 * Math.LN2, 6);
  expect(column(items, 'choice_tokens')![0]).toEqual([2, 4]);
  // Means ⅓ and ⅔ of three; sample variance ⅓ either way, error √(⅓ / 3) = ⅓.
  expect(metrics).toEqual([
    {
      metric: 'acc',
      unit: 'fraction',
      value: 1 / 3,
      std_error: expect.closeTo(1 / 3, 12),
      n: 3,
      paired: null,
    },
    {
      metric: 'acc_norm',
      unit: 'fraction',
      value: 2 / 3,
      std_error: expect.closeTo(1 / 3, 12),
      n: 3,
      paired: null,
    },
  ]);
});

test('of equal choices the first is taken', async () => {
  const { items } = await run(
    arcEasy,
    [question('a', ['xx', 'yy', 'zz'], 0), question('b', ['xx', 'yy'], 1)],
    coin,
  );
  expect(column(items, 'choice')).toEqual([0, 0]);
  expect(column(items, 'choice_norm')).toEqual([0, 0]);
  expect(column(items, 'acc')).toEqual([1, 0]);
});

test('characters are Unicode characters, not UTF-16 units', async () => {
  const { items } = await run(arcEasy, [question('a', ['𝄞𝄞', 'ab'], 0)], coin);
  expect(column(items, 'choice_characters')).toEqual([[2, 2]]);
});

test('choices of one question share one request', async () => {
  const { asked } = await run(arcEasy, [question('a', ['x', 'y'], 0), question('b', ['x', 'y'], 1)], coin);
  // Both questions read the same, so all four choices share the prompt.
  expect(asked).toEqual([
    {
      context: [BOS, ...codes('Question: q\nAnswer:')],
      continuations: [codes(' x'), codes(' y'), codes(' x'), codes(' y')],
    },
  ]);
});

test('winogrande scores only what follows the blank, given each option', async () => {
  // ' ran.' has five characters; after a context that ends in "Bea" each has probability ½, else ¼.
  const afterBea = (before: readonly number[]) =>
    before.some((_, at) => codes('Bea').every((code, offset) => before[at + offset] === code));
  const doc = { id: 'w', sentence: 'So _ ran.', options: ['Ann', 'Bea'] as const, answer: 1 };
  const { items, metrics, asked } = await run(winogrande, [doc], {
    probability: (_, before) => (afterBea(before) ? 0.5 : 0.25),
  });
  expect(asked.map(({ context, continuations }) => [context, continuations])).toEqual([
    [[BOS, ...codes('So Ann')], [codes(' ran.')]],
    [[BOS, ...codes('So Bea')], [codes(' ran.')]],
  ]);
  const [log] = column(items, 'log_likelihoods') as number[][];
  expect(log![0]).toBeCloseTo(-10 * Math.LN2, 6);
  expect(log![1]).toBeCloseTo(-5 * Math.LN2, 6);
  expect(metrics.map(({ metric, value, std_error }) => [metric, value, std_error])).toEqual([
    ['acc', 1, null],
  ]);
});

test('lambada: right only if every token of the word is the most likely one; perplexity is per word', async () => {
  const texts = ['go to the hut', 'go to the inn'];
  const docs = texts.map((text, index) => ({ id: `l${index}`, text }));
  const { items, metrics } = await run(lambada, docs, {
    probability: () => 0.5,
    // The model always wants to go on with the first text.
    best: (before) => codes(texts[0]!)[before.length - 1] ?? EOS,
  });
  expect(column(items, 'acc')).toEqual([1, 0]);
  expect(column(items, 'tokens')).toEqual([4, 4]);
  const [acc, perplexity] = metrics;
  expect(acc).toMatchObject({ metric: 'acc', value: 0.5, std_error: 0.5 });
  // Four tokens of ½ a word: e^(4 ln 2) = 16, without spread.
  expect(perplexity).toMatchObject({
    metric: 'target_perplexity',
    unit: 'perplexity',
    value: expect.closeTo(16, 5),
  });
  expect(perplexity!.std_error).toBeCloseTo(0, 9);
});

test('generation stops at a newline or at EOS, and compares what is left of white space', async () => {
  const written = new Map([
    ['A', ' Elmford \nQuestion'],
    ['B', ' Elmfords\n'],
    ['C', ' Oakham</s>'],
    ['D', 'no end at all, for more than the thirty-two tokens that there may be'],
  ]);
  const { encode } = fakeTokenizer();
  const docs = [...written.keys()].map((id) => ({
    ...{ id, subject: 'town', question: '', choices: [], answerIndex: 0 },
    prompt: id,
    answer: id === 'C' ? 'Oakham' : 'Elmford',
  }));
  const { items, metrics } = await run(worldAnswers, docs, {
    probability: () => 1,
    best: (before) => encode(written.get(String.fromCodePoint(before[1]!))!)[before.length - 2] ?? EOS,
  });
  expect(column(items, 'generated')).toEqual([
    ' Elmford ',
    ' Elmfords',
    ' Oakham',
    'no end at all, for more than the',
  ]);
  expect(column(items, 'tokens')).toEqual([10, 10, 8, 32]);
  expect(column(items, 'exact_match')).toEqual([1, 0, 1, 0]);
  expect(metrics).toMatchObject([{ metric: 'exact_match', unit: 'fraction', value: 0.5, n: 4 }]);
});
