/**
 * A small synthetic world and the texts told about it: training text, held-out text, questions, passages, and items of
 * every skill. Everything follows from fixed seeds, so that the shipped models, their training and their evaluation can
 * be reproduced by anyone.
 */
import { mixedDocument } from './mixture.ts';
import { type Prose, prose } from './prose.ts';
import { createTelling } from './telling.ts';

export * from './evaluation.ts';
export { promptOf, type Question } from './questions.ts';

export interface Passage {
  readonly id: string;
  /** The last word, after the last space, is the target. */
  readonly text: string;
}

/** Bumped whenever any text of the world changes; part of the version of every task made from it. */
export const WORLD_VERSION = 2;

const HELD_OUT_SEED = 900_001;
const PASSAGE_SEED = 900_002;
const PASSAGES = 500;

/** Documents of each kind in the held-out text. */
const HELD_OUT: Readonly<Record<Prose, number>> = {
  portrait: 240,
  town: 60,
  thing: 60,
  scene: 90,
  letter: 60,
  passage: 90,
};

/** Evaluation text: prose only, none of which can occur in the training text. */
export function heldOutDocuments(): readonly string[] {
  const telling = createTelling(HELD_OUT_SEED);
  const kinds = Object.entries(HELD_OUT).flatMap(([kind, count]) => Array<Prose>(count).fill(kind as Prose));
  return telling.rng.shuffle(kinds).map((kind) => prose(telling, 'evaluation', kind));
}

/** `count` training documents; another seed gives other tellings of the same world. */
export function* trainingDocuments(count: number, seed: number): Generator<string> {
  const telling = createTelling(seed);
  for (let told = 0; told < count; told++) yield mixedDocument(telling);
}

export function lastWordPassages(): readonly Passage[] {
  const telling = createTelling(PASSAGE_SEED);
  const texts = new Set<string>();
  while (texts.size < PASSAGES) texts.add(prose(telling, 'evaluation', 'passage').replace(/\.$/, ''));
  return [...texts].map((text, index) => ({ id: `passage-${index}`, text }));
}
