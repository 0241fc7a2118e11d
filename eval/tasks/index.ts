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
import { worldArithmetic } from './world-arithmetic.ts';
import { worldCalibration } from './world-calibration.ts';
import { worldDialogue } from './world-dialogue.ts';
import { worldDocuments } from './world-documents.ts';
import { worldFacts } from './world-facts.ts';
import { worldFacts5shot } from './world-facts-5shot.ts';
import { worldInstructions } from './world-instructions.ts';
import { worldJudging } from './world-judging.ts';
import { worldLastWord } from './world-last-word.ts';
import { worldLines } from './world-lines.ts';
import { worldMapping0shot } from './world-mapping-0shot.ts';
import { worldMapping1shot } from './world-mapping-1shot.ts';
import { worldMapping5shot } from './world-mapping-5shot.ts';
import { worldMapping10shot } from './world-mapping-10shot.ts';
import { worldMoral } from './world-moral.ts';
import { worldOpenBook } from './world-open-book.ts';
import { worldReasoning } from './world-reasoning.ts';
import { worldSummary } from './world-summary.ts';
import { worldText } from './world-text.ts';
import { worldTypos } from './world-typos.ts';

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
  'world-arithmetic': worldArithmetic,
  'world-calibration': worldCalibration,
  'world-dialogue': worldDialogue,
  'world-documents': worldDocuments,
  'world-facts': worldFacts,
  'world-facts-5shot': worldFacts5shot,
  'world-instructions': worldInstructions,
  'world-judging': worldJudging,
  'world-last-word': worldLastWord,
  'world-lines': worldLines,
  'world-mapping-0shot': worldMapping0shot,
  'world-mapping-10shot': worldMapping10shot,
  'world-mapping-1shot': worldMapping1shot,
  'world-mapping-5shot': worldMapping5shot,
  'world-moral': worldMoral,
  'world-open-book': worldOpenBook,
  'world-reasoning': worldReasoning,
  'world-summary': worldSummary,
  'world-text': worldText,
  'world-typos': worldTypos,
} as const satisfies Record<string, Task>;

export type TaskId = keyof typeof tasks;

/** Throws `task/unknown`, naming the nearest known tasks. */
export function taskById(id: string): Task {
  const known: Readonly<Record<string, Task>> = tasks;
  if (!Object.hasOwn(known, id)) throw errors.unknownTask(id, Object.keys(known));
  return known[id]!;
}
