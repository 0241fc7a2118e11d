import { worldTypos as dataset, type TypoDoc } from '../datasets/world-skills.ts';
import { acc } from '../metrics/acc.ts';
import { accBefore } from '../metrics/acc-before.ts';
import { drop } from '../metrics/drop.ts';
import { WORLD_VERSION } from '../world/index.ts';
import { choiceColumns, choiceShape, scoreChoice } from './kinds/choice-score.ts';
import { defineTask, type PairAnswer, type PairRequest, type Row } from './task.ts';

export const worldTypos = defineTask({
  id: 'world-typos',
  title: 'Mistyped questions about the synthetic world',
  version: WORLD_VERSION,
  ability: 'trust',
  dataset,
  paper: null,
  chance: 0.25,
  protocol:
    'The questions of world-facts, first as they are and then with two slips of the keyboard (letters swapped, left out or doubled) within words of at least four letters; each of four choices is scored as a continuation after one space. acc is the accuracy with slips, acc_before that without.',
  ...choiceShape,
  metrics: [acc, accBefore, drop],
  groups: ['subject'],
  columns: { ...choiceColumns, acc_before: 'bool', subject: 'text' },
  requests: ({ prompt, mistyped, choices }: TypoDoc): readonly PairRequest[] =>
    [prompt, mistyped].flatMap((context) =>
      choices.map((choice) => ({ context, continuation: ` ${choice}` })),
    ),
  score: ({ id, choices, answerIndex, subject }: TypoDoc, answers: readonly PairAnswer[]): readonly Row[] => [
    {
      item: id,
      ...scoreChoice(answers.slice(choices.length), answerIndex),
      acc_before: scoreChoice(answers.slice(0, choices.length), answerIndex).acc,
      subject,
    },
  ],
});
