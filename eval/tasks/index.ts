/** Every task, keyed by its id. */
import * as errors from '../errors/task.ts';
import { arcChallenge } from './arc-challenge.ts';
import { arcEasy } from './arc-easy.ts';
import { hellaswag } from './hellaswag.ts';
import { lambada } from './lambada.ts';
import { piqa } from './piqa.ts';
import type { Task } from './task.ts';
import { wikitextLmEval } from './wikitext-lm-eval.ts';
import { wikitext2 } from './wikitext2.ts';
import { winogrande } from './winogrande.ts';
import { worldAnswers } from './world-answers.ts';
import { worldFacts } from './world-facts.ts';
import { worldLastWord } from './world-last-word.ts';
import { worldText } from './world-text.ts';

export const tasks = {
  'arc-challenge': arcChallenge,
  'arc-easy': arcEasy,
  hellaswag,
  lambada,
  piqa,
  'wikitext-lm-eval': wikitextLmEval,
  wikitext2,
  winogrande,
  'world-answers': worldAnswers,
  'world-facts': worldFacts,
  'world-last-word': worldLastWord,
  'world-text': worldText,
} as const satisfies Record<string, Task>;

export type TaskId = keyof typeof tasks;

/** Throws `task/unknown`, naming the nearest known tasks. */
export function taskById(id: string): Task {
  const known: Readonly<Record<string, Task>> = tasks;
  if (!Object.hasOwn(known, id)) throw errors.unknownTask(id, Object.keys(known));
  return known[id]!;
}
