/** The exact texts that a model is asked about. A change here is a new version of the task. */
import { expect, test } from 'vitest';
import type { Doc } from '../../../eval/datasets/dataset.ts';
import { arcChallenge } from '../../../eval/tasks/arc-challenge.ts';
import { arcEasy } from '../../../eval/tasks/arc-easy.ts';
import { hellaswag } from '../../../eval/tasks/hellaswag.ts';
import { lambada } from '../../../eval/tasks/lambada.ts';
import { piqa } from '../../../eval/tasks/piqa.ts';
import type { RequestKind, Task } from '../../../eval/tasks/task.ts';
import { wikitextLmEval } from '../../../eval/tasks/wikitext-lm-eval.ts';
import { wikitext2 } from '../../../eval/tasks/wikitext2.ts';
import { winogrande } from '../../../eval/tasks/winogrande.ts';
import { worldAnswers } from '../../../eval/tasks/world-answers.ts';
import { worldFacts } from '../../../eval/tasks/world-facts.ts';
import { worldLastWord } from '../../../eval/tasks/world-last-word.ts';
import { worldText } from '../../../eval/tasks/world-text.ts';

function ask<D extends Doc, Kind extends RequestKind>(task: Task<D, Kind>, doc: D) {
  return { version: task.version, requests: task.requests(doc, task.settings.parse({})) };
}

const question = {
  id: 'person-3-town',
  subject: 'town',
  question: 'Where does Ada live?',
  prompt: 'Question: Where does Ada live?\nAnswer:',
  answer: 'Elmford',
  choices: ['Oakham', 'Elmford'],
  answerIndex: 1,
};

test('arc-easy and arc-challenge', () => {
  const doc = { id: 'a', question: 'Which is a gas?', choices: ['iron', 'helium'], answer: 1 };
  expect(ask(arcEasy, doc)).toMatchInlineSnapshot(`
    {
      "requests": [
        {
          "context": "Question: Which is a gas?
    Answer:",
          "continuation": " iron",
        },
        {
          "context": "Question: Which is a gas?
    Answer:",
          "continuation": " helium",
        },
      ],
      "version": 1,
    }
  `);
  expect(ask(arcChallenge, doc)).toEqual(ask(arcEasy, doc));
});

test('piqa keeps white space that the authors left at the end of a solution', () => {
  const doc = { id: 'p', goal: 'dresser', solutions: ['replace drawer ', 'finish'] as const, answer: 1 };
  expect(ask(piqa, doc)).toMatchInlineSnapshot(`
    {
      "requests": [
        {
          "context": "Question: dresser
    Answer:",
          "continuation": " replace drawer ",
        },
        {
          "context": "Question: dresser
    Answer:",
          "continuation": " finish",
        },
      ],
      "version": 1,
    }
  `);
});

test('hellaswag: the unfinished sentence gets a capital, marks of WikiHow go', () => {
  const activityNet = {
    before: 'A man is sitting on a roof.',
    start: 'the MAN',
    endings: ['is ripping tiles off.'],
  };
  expect(
    ask(hellaswag, { id: 'h', activity: 'Roof removal', answer: 0, ...activityNet }),
  ).toMatchInlineSnapshot(`
    {
      "requests": [
        {
          "context": "Roof removal: A man is sitting on a roof. The man",
          "continuation": " is ripping tiles off.",
        },
      ],
      "version": 1,
    }
  `);
  const wikiHow = {
    before: '[header] How to sew [title] Thread the needle. [step] Take a thread. ',
    start: '',
    endings: ['Cut it. [substeps] Use scissors.'],
  };
  expect(ask(hellaswag, { id: 'h', activity: 'Hobbies', answer: 0, ...wikiHow })).toMatchInlineSnapshot(`
    {
      "requests": [
        {
          "context": "Hobbies: How to sew. Thread the needle. Take a thread.",
          "continuation": " Cut it. Use scissors.",
        },
      ],
      "version": 1,
    }
  `);
});

test('winogrande: the option goes into the blank, the rest is scored', () => {
  const doc = {
    id: 'w',
    sentence: 'Ann thanked Bea because _ had helped.',
    options: ['Ann', 'Bea'] as const,
    answer: 1,
  };
  expect(ask(winogrande, doc)).toMatchInlineSnapshot(`
    {
      "requests": [
        {
          "context": "Ann thanked Bea because Ann",
          "continuation": " had helped.",
        },
        {
          "context": "Ann thanked Bea because Bea",
          "continuation": " had helped.",
        },
      ],
      "version": 1,
    }
  `);
});

test('lambada is cut at the last space, not at the last line', () => {
  expect(ask(lambada, { id: 'l', text: 'I gave it to\nthe guard' })).toMatchInlineSnapshot(`
    {
      "requests": [
        {
          "context": "I gave it to
    the",
          "continuation": " guard",
        },
      ],
      "version": 1,
    }
  `);
  expect(ask(lambada, { id: 'l', text: 'some kind of\n\nPower' })).toMatchInlineSnapshot(`
    {
      "requests": [
        {
          "context": "some kind",
          "continuation": " of

    Power",
        },
      ],
      "version": 1,
    }
  `);
});

test('wikitext2: rows keep their newline, blank ones are empty, two newlines between', () => {
  expect(ask(wikitext2, { id: 'test', raw: ' \n = Title = \n \n One .\n Two .\n' })).toMatchInlineSnapshot(`
    {
      "requests": [
        {
          "limit": null,
          "text": "

     = Title = 




     One .


     Two .
    ",
          "windows": "separate",
        },
      ],
      "version": 1,
    }
  `);
});

test('wikitext-lm-eval: ordinary spelling', () => {
  const raw =
    ' = Title = \n \n A " well @-@ known " man , ( born 1 @,@ 200 ) sang at 5 ° C ; it \'s true .\n = = Life = = \n';
  expect(ask(wikitextLmEval, { id: 'page-1', raw })).toMatchInlineSnapshot(`
    {
      "requests": [
        {
          "limit": null,
          "text": " = Title =

    A "well-known" man, (born 1,200) sang at 5°C; it's true .
    == Life ==
    ",
          "windows": "continuous",
        },
      ],
      "version": 1,
    }
  `);
});

test('tasks of the synthetic world', () => {
  expect(ask(worldFacts, question)).toMatchInlineSnapshot(`
    {
      "requests": [
        {
          "context": "Question: Where does Ada live?
    Answer:",
          "continuation": " Oakham",
        },
        {
          "context": "Question: Where does Ada live?
    Answer:",
          "continuation": " Elmford",
        },
      ],
      "version": 2,
    }
  `);
  expect(ask(worldAnswers, question)).toMatchInlineSnapshot(`
    {
      "requests": [
        {
          "prompt": "Question: Where does Ada live?
    Answer:",
          "until": [
            "
    ",
          ],
        },
      ],
      "version": 2,
    }
  `);
  expect(
    ask(worldLastWord, { id: 'passage-0', text: 'Ada took red paint. Her hands were red' }),
  ).toMatchInlineSnapshot(`
    {
      "requests": [
        {
          "context": "Ada took red paint. Her hands were",
          "continuation": " red",
        },
      ],
      "version": 2,
    }
  `);
  expect(ask(worldText, { id: 'held-out', text: 'One.\n\nTwo.' })).toMatchInlineSnapshot(`
    {
      "requests": [
        {
          "limit": null,
          "text": "One.

    Two.",
          "windows": "separate",
        },
      ],
      "version": 2,
    }
  `);
});
