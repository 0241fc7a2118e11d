/** Each reader on a few lines, right and wrong. */
import { expect, test } from 'vitest';
import { arcChallenge } from '../../../eval/datasets/arc.ts';
import type { Dataset, Doc } from '../../../eval/datasets/dataset.ts';
import { hellaswag } from '../../../eval/datasets/hellaswag.ts';
import { lambada } from '../../../eval/datasets/lambada.ts';
import { piqa } from '../../../eval/datasets/piqa.ts';
import { describeProblem, Problems } from '../../../eval/datasets/problems.ts';
import { wikitext2, wikitext2Pages } from '../../../eval/datasets/wikitext2.ts';
import { winogrande } from '../../../eval/datasets/winogrande.ts';

function read<D extends Doc>(dataset: Dataset<D>, texts: readonly string[], form = 0) {
  if (dataset.source !== 'folder') throw new TypeError('a folder dataset is needed');
  const { files, parse } = dataset.forms[form]!;
  const problems = new Problems();
  const docs = parse(
    texts.map((text, index) => ({ name: files[index]!, text })),
    problems,
  );
  return { docs, problems: problems.found.map(describeProblem) };
}

const jsonLines = (...values: readonly unknown[]) =>
  values.map((value) => `${JSON.stringify(value)}\n`).join('');

test('lambada', () => {
  const { docs, problems } = read(lambada, [
    jsonLines({ text: 'go on\nto it' }, { text: 'kind of\n\nPower' }),
  ]);
  expect(docs).toEqual([
    { id: 'lambada-1', text: 'go on\nto it' },
    { id: 'lambada-2', text: 'kind of\n\nPower' },
  ]);
  expect(problems).toEqual([]);
  expect(
    read(lambada, [`${jsonLines({ text: 'one' }, { txt: 'a b' }, { text: 'a ' })}{"text": "cut`]).problems,
  ).toMatchInlineSnapshot(`
    [
      "lambada/lambada_test.jsonl, line 1, text: expected a text of several words that ends with the target word",
      "lambada/lambada_test.jsonl, line 2, text: Invalid input: expected string, received undefined",
      "lambada/lambada_test.jsonl, line 3, text: expected a text of several words that ends with the target word",
      "lambada/lambada_test.jsonl, line 4: expected one JSON value, got "{\\"text\\": \\"cut"",
    ]
  `);
});

test('piqa: lines and labels belong together', () => {
  const questions = jsonLines({ goal: 'g', sol1: 'a', sol2: 'b' }, { goal: 'h', sol1: 'c', sol2: 'd' });
  expect(read(piqa, [questions, '1\n0\n'])).toEqual({
    docs: [
      { id: 'piqa-1', goal: 'g', solutions: ['a', 'b'], answer: 1 },
      { id: 'piqa-2', goal: 'h', solutions: ['c', 'd'], answer: 0 },
    ],
    problems: [],
  });
  expect(read(piqa, [`${questions}{"goal": "i", "sol1": 3}\n`, '1\n2\n']).problems).toMatchInlineSnapshot(`
    [
      "piqa/valid-labels.lst, line 2: expected 0 or 1",
      "piqa/valid-labels.lst: 2 labels for the 3 questions of piqa/valid.jsonl",
      "piqa/valid.jsonl, line 3, sol1: Invalid input: expected string, received number",
      "piqa/valid.jsonl, line 3, sol2: Invalid input: expected string, received undefined",
    ]
  `);
});

test('arc: labels may be letters or digits, three to five of them', () => {
  const item = (id: string, labels: string, answerKey: string) => ({
    id,
    question: { stem: 'q', choices: [...labels].map((label) => ({ text: `t${label}`, label })) },
    answerKey,
  });
  const { docs, problems } = read(arcChallenge, [jsonLines(item('x', 'ABCDE', 'E'), item('y', '123', '2'))]);
  expect(docs).toEqual([
    { id: 'x', question: 'q', choices: ['tA', 'tB', 'tC', 'tD', 'tE'], answer: 4 },
    { id: 'y', question: 'q', choices: ['t1', 't2', 't3'], answer: 1 },
  ]);
  expect(problems).toEqual([]);
  const wrong = {
    ...item('z', 'AB', 'A'),
    question: { stem: '', choices: [{ text: 'a', label: 'A' }, { label: 'B' }] },
  };
  expect(read(arcChallenge, [jsonLines(item('x', 'ABC', 'D'), wrong)]).problems).toMatchInlineSnapshot(`
    [
      "arc/ARC-Challenge-Test.jsonl, line 2, question.stem: Too small: expected string to have >=1 characters",
      "arc/ARC-Challenge-Test.jsonl, line 2, question.choices[1].text: Invalid input: expected string, received undefined",
      "arc/ARC-Challenge-Test.jsonl, line 1, answerKey: "D" is not one of the labels A, B, C",
    ]
  `);
});

test('winogrande', () => {
  const item = { qID: 'k', sentence: 'So _ ran.', option1: 'Ann', option2: 'Bea', answer: '2' };
  expect(read(winogrande, [jsonLines(item)])).toEqual({
    docs: [{ id: 'k', sentence: 'So _ ran.', options: ['Ann', 'Bea'], answer: 1 }],
    problems: [],
  });
  const wrong = [
    { ...item, sentence: 'no blank' },
    { ...item, answer: '' },
    { ...item, sentence: 'ends with _' },
  ];
  expect(read(winogrande, [jsonLines(...wrong)]).problems).toMatchInlineSnapshot(`
    [
      "winogrande/dev.jsonl, line 1, sentence: expected a sentence with a blank, written _, and text after it",
      "winogrande/dev.jsonl, line 2, answer: Invalid option: expected one of "1"|"2"",
      "winogrande/dev.jsonl, line 3, sentence: expected a sentence with a blank, written _, and text after it",
    ]
  `);
});

test('hellaswag: the original and the text made from it give the same document', () => {
  const item = {
    ...{
      ind: 3,
      activity_label: 'Ice fishing',
      ctx_a: 'A man sits. He "waits."',
      ctx_b: 'the man',
      label: 2,
    },
    endings: ['a', 'b', 'c', 'd'],
  };
  const text = 'Ice fishing: A man sits. He "waits." the man\n2\na\nb\nc\nd\n';
  const expected = {
    docs: [
      {
        ...{
          id: 'hellaswag-1',
          activity: 'Ice fishing',
          before: 'A man sits. He "waits."',
          start: 'the man',
        },
        ...{ endings: ['a', 'b', 'c', 'd'], answer: 2 },
      },
    ],
    problems: [],
  };
  expect(read(hellaswag, [jsonLines(item)], 0)).toEqual(expected);
  expect(read(hellaswag, [text], 1)).toEqual(expected);
});

test('hellaswag as text: where the unfinished sentence starts', () => {
  const startOf = (context: string) => read(hellaswag, [`X: ${context}\n0\na\nb\nc\nd\n`], 1).docs[0];
  expect(startOf('. a colorful intro')).toMatchObject({ before: '.', start: 'a colorful intro' });
  expect(startOf('Preheat the oven. Grease a pan.')).toMatchObject({
    before: 'Preheat the oven. Grease a pan.',
    start: '',
  });
  expect(startOf('Is it? (Yes!) two men')).toMatchObject({ before: 'Is it? (Yes!)', start: 'two men' });
  expect(startOf('Play the "5 guys" game. 5 the guy')).toMatchObject({ start: '5 the guy' });
});

test('hellaswag as text: what is wrong', () => {
  expect(read(hellaswag, ['no colon\n4\na\n\nc\nd\nX: y.\n1\n'], 1).problems).toMatchInlineSnapshot(`
    [
      "hellaswag/hellaswag_val_full.txt: 8 lines, which is not a multiple of 6",
      "hellaswag/hellaswag_val_full.txt, line 1: expected "activity: context"",
      "hellaswag/hellaswag_val_full.txt, line 2: expected 0, 1, 2 or 3, got "4"",
      "hellaswag/hellaswag_val_full.txt, line 4: the ending is empty",
    ]
  `);
});

test('wikitext2: the whole file, or its pages', () => {
  const raw = ' \n = One = \n \n Text . \n = = Part = = \n More = less . \n = Two = \n End . \n';
  expect(read(wikitext2, [raw]).docs).toEqual([{ id: 'test', raw }]);
  expect(read(wikitext2Pages, [raw]).docs).toEqual([
    { id: 'page-1', raw: ' = One = \n \n Text . \n = = Part = = \n More = less . ' },
    { id: 'page-2', raw: ' = Two = \n End . \n' },
  ]);
  expect(read(wikitext2, ['\n \n']).problems).toEqual(['wikitext2/wiki.test.raw: the text is empty']);
});
