/** Sheets of questions about the world, some of them mistyped, and proposed answers to be judged true or false. */
import { promptOf, type Question, splitQuestions } from '../questions.ts';
import { type Asked, drawIn, partOf, solved } from '../split.ts';
import { questionPrompt } from '../strangers.ts';
import type { Telling } from '../telling.ts';
import { CONCLUSION } from './arithmetic.ts';
import { withTypos } from './typos.ts';

export interface JudgingItem extends Asked {
  /** The right answer, recalled before the verdict. */
  readonly steps: readonly string[];
  readonly result: (typeof VERDICTS)[number];
}

/** Of a right and of a wrong proposal. */
export const VERDICTS = ['true', 'false'] as const;
const SLIPS = 2;

/** One to six questions: half of the sheets keep to one subject, a fifth are mistyped. */
export function questionSheet(telling: Telling): string {
  const { training, bySubject } = splitQuestions();
  const pool = telling.chance(0.5) ? bySubject.get(telling.pick(training).subject)! : training;
  const asked = telling.sample(pool, 1 + telling.rng.int(6));
  const mistyped = telling.chance(0.2);
  return asked
    .map((question) => ({
      prompt: mistyped ? mistypedPrompt(telling, question) : promptOf(question),
      answer: question.answer,
    }))
    .map(solved)
    .join('\n');
}

/** The question as typed is in the part of the question itself, as it might have become another question. */
export const mistypedPrompt = (telling: Telling, { question }: Pick<Question, 'question'>) =>
  questionPrompt(
    drawIn(
      partOf(question),
      (typed) => typed,
      () => withTypos(question, SLIPS, telling),
    ),
  );

/** A question with its answer or, as often, another one of its kind; what is true is recalled, then compared. */
export function judgingItem(telling: Telling, question: Question): JudgingItem {
  const isTrue = telling.chance(0.5);
  const result = isTrue ? VERDICTS[0] : VERDICTS[1];
  const proposed = isTrue ? question.answer : telling.pick(wrongChoices(question));
  return {
    keys: [question.question],
    prompt: `Question: ${question.question}\nProposed: ${proposed}\nTrue or false:`,
    answer: `${question.answer}. ${CONCLUSION} ${result}`,
    steps: [question.answer],
    result,
  };
}

const wrongChoices = ({ choices, answerIndex }: Question) =>
  choices.filter((_, index) => index !== answerIndex);

/** Two to four proposed answers. */
export function judgingDocument(telling: Telling): string {
  return telling
    .sample(splitQuestions().training, 2 + telling.rng.int(3))
    .map((question) => solved(judgingItem(telling, question)))
    .join('\n');
}

/** A held-out question after `shots` solved training questions of the same subject. */
export function afterSolved(telling: Telling, question: Question, shots: number): string {
  const pool = splitQuestions().bySubject.get(question.subject)!;
  const examples = telling
    .sample(pool, shots)
    .map((example) => solved({ prompt: promptOf(example), answer: example.answer }));
  return [...examples, promptOf(question)].join('\n');
}
