/** What is asked in evaluation: held-out items of every skill, the same on every machine. */
import { promptOf, type Question, splitQuestions } from './questions.ts';
import { arithmeticItem } from './skills/arithmetic.ts';
import { dialogueItem } from './skills/dialogue.ts';
import { documentsItem } from './skills/documents.ts';
import { instructionItem } from './skills/instructions.ts';
import { LINE_COUNTS, linesItem } from './skills/lines.ts';
import { mappingItem } from './skills/mapping.ts';
import { moralItem } from './skills/moral.ts';
import { openBookItem } from './skills/open-book.ts';
import { afterSolved, judgingItem, mistypedPrompt } from './skills/questions.ts';
import { reasoningItem } from './skills/reasoning.ts';
import { summaryItem } from './skills/summary.ts';
import { evaluationItems, evaluationTelling } from './split.ts';

const QUESTIONS = 800;
const ITEMS = 500;

/** Questions that never occur in training, of all subjects in turn as long as there are any. */
export function heldOutQuestions(): readonly Question[] {
  const shuffled = evaluationTelling('questions').rng.shuffle([...splitQuestions().heldOut]);
  const bySubject = [...Map.groupBy(shuffled, ({ subject }) => subject).values()];
  const rounds = Math.max(...bySubject.map((questions) => questions.length));
  return Array.from({ length: rounds }, (_, round) =>
    bySubject.flatMap((questions) => questions[round] ?? []),
  )
    .flat()
    .slice(0, QUESTIONS);
}

/** `mistyped` is the prompt with slips of the keyboard. */
export function mistypedQuestions() {
  const telling = evaluationTelling('typos');
  return heldOutQuestions()
    .slice(0, ITEMS)
    .map((question) => ({
      ...question,
      prompt: promptOf(question),
      mistyped: mistypedPrompt(telling, question),
    }));
}

/** Held-out questions, each after five solved training questions of its subject. */
export function questionsAfterFive() {
  const telling = evaluationTelling('five solved');
  return heldOutQuestions()
    .slice(0, ITEMS)
    .map((question) => ({
      ...question,
      prompt: afterSolved(telling, question, 5),
    }));
}

/** A proposed answer to every held-out question. */
export function judgingItems() {
  const telling = evaluationTelling('judging');
  return heldOutQuestions().map((question) => ({ ...judgingItem(telling, question), id: question.id }));
}

export const openBookItems = () =>
  evaluationItems('open-book', ITEMS, (telling) => openBookItem(telling, 'evaluation'));

export const documentsItems = () =>
  evaluationItems('documents', ITEMS, (telling) => documentsItem(telling, 'evaluation'));

/** The numbers of lines in turn. */
export const linesItems = () =>
  evaluationItems('lines', ITEMS, (telling, index) =>
    linesItem(telling, 'evaluation', LINE_COUNTS[index % LINE_COUNTS.length]!),
  );

/** The seed is the same for every number of examples. */
export const mappingItems = (shots: number) =>
  evaluationItems('mapping', ITEMS, (telling) => mappingItem(telling, 'evaluation', shots));

/** Two, three and four steps in turn. */
export const arithmeticItems = () =>
  evaluationItems('arithmetic', ITEMS, (telling, index) =>
    arithmeticItem(telling, 'evaluation', 2 + (index % 3)),
  );

/** Two and three hops in turn. */
export const reasoningItems = () =>
  evaluationItems('reasoning', ITEMS, (telling, index) =>
    reasoningItem(telling, 'evaluation', 2 + (index % 2)),
  );

export const summaryItems = () =>
  evaluationItems('summary', ITEMS, (telling) => summaryItem(telling, 'evaluation'));

export const instructionItems = () =>
  evaluationItems('instructions', ITEMS, (telling) => instructionItem(telling, 'evaluation'));

export const moralItems = () =>
  evaluationItems('moral', ITEMS, (telling) => moralItem(telling, 'evaluation'));

export const dialogueItems = () =>
  evaluationItems('dialogue', ITEMS, (telling) => dialogueItem(telling, 'evaluation'));
