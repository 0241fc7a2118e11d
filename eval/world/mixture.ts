/** What the training text is made of. */
import { type Prose, prose } from './prose.ts';
import { arithmeticDocument } from './skills/arithmetic.ts';
import { dialogueDocument } from './skills/dialogue.ts';
import { documentsDocument } from './skills/documents.ts';
import { instructionDocument } from './skills/instructions.ts';
import { linesDocument } from './skills/lines.ts';
import { mappingDocument } from './skills/mapping.ts';
import { moralDocument } from './skills/moral.ts';
import { openBookDocument } from './skills/open-book.ts';
import { judgingDocument, questionSheet } from './skills/questions.ts';
import { reasoningDocument } from './skills/reasoning.ts';
import { summaryDocument } from './skills/summary.ts';
import type { Telling } from './telling.ts';

export interface Ingredient {
  /** Of the characters of the training text, together 1. */
  readonly share: number;
  /** Characters of a document, on average. */
  readonly length: number;
  tell(telling: Telling): string;
}

const told = (kind: Prose) => (telling: Telling) => prose(telling, 'training', kind);

/**
 * A token is about three characters, in calculations half of that. Portraits and questions get enough for every fact to be told about a hundred times in a hundred million tokens; of
 * the rest, those skills get most that small models learn last: to find one line among many, to follow a chain, to
 * infer a mapping, to calculate.
 */
export const MIXTURE = {
  portrait: { share: 0.15, length: 237, tell: told('portrait') },
  town: { share: 0.015, length: 218, tell: told('town') },
  thing: { share: 0.015, length: 128, tell: told('thing') },
  scene: { share: 0.025, length: 320, tell: told('scene') },
  letter: { share: 0.015, length: 175, tell: told('letter') },
  passage: { share: 0.045, length: 258, tell: told('passage') },
  questions: { share: 0.1, length: 222, tell: questionSheet },
  judging: { share: 0.05, length: 319, tell: judgingDocument },
  'open-book': { share: 0.06, length: 453, tell: openBookDocument },
  documents: { share: 0.09, length: 766, tell: documentsDocument },
  lines: { share: 0.11, length: 725, tell: linesDocument },
  mapping: { share: 0.05, length: 216, tell: mappingDocument },
  arithmetic: { share: 0.04, length: 282, tell: arithmeticDocument },
  reasoning: { share: 0.085, length: 757, tell: reasoningDocument },
  summary: { share: 0.05, length: 448, tell: summaryDocument },
  instructions: { share: 0.045, length: 304, tell: instructionDocument },
  moral: { share: 0.025, length: 312, tell: moralDocument },
  dialogue: { share: 0.03, length: 297, tell: dialogueDocument },
} as const satisfies Record<string, Ingredient>;

const weights = Object.values(MIXTURE).map(({ share, length, tell }) => ({ weight: share / length, tell }));
const total = weights.reduce((sum, { weight }) => sum + weight, 0);

/** A document of the mixture. */
export function mixedDocument(telling: Telling): string {
  let left = telling.rng.next() * total;
  for (const { weight, tell } of weights) if ((left -= weight) < 0) return tell(telling);
  return weights[0]!.tell(telling);
}
