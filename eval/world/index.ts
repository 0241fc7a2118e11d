/**
 * A small synthetic world and the texts told about it: training text, held-out text, questions, passages. Everything
 * follows from fixed seeds, so that the shipped model, its training and its evaluation can be reproduced by anyone.
 */
import { world } from './facts.ts';
import { passage } from './passages.ts';
import { portrait, thingPortrait, townPortrait } from './portraits.ts';
import { promptOf, type Question, splitQuestions } from './questions.ts';
import { letter, scene } from './scenes.ts';
import { createTelling, type Telling } from './telling.ts';

export { promptOf, type Question } from './questions.ts';

export interface Passage {
  readonly id: string;
  /** The last word, after the last space, is the target. */
  readonly text: string;
}

/** Bumped whenever any text of the world changes; part of the version of every task made from it. */
export const WORLD_VERSION = 1;

const HELD_OUT_SEED = 900_001;
const HELD_OUT_DOCUMENTS = 600;
const PASSAGES = 500;
const QUESTIONS = 800;
const PASSAGE_SEED = 900_002;

/** Evaluation text: documents of all kinds but questions, none of which occurs in the training text. */
export function heldOutDocuments(): readonly string[] {
  const telling = createTelling(HELD_OUT_SEED);
  return Array.from({ length: HELD_OUT_DOCUMENTS }, () => prose(telling));
}

/**
 * `count` training documents; another seed gives other tellings of the same world. About a fifth are questions. A
 * document that the evaluation uses is passed over and another told in its place.
 */
export function* trainingDocuments(count: number, seed: number): Generator<string> {
  const telling = createTelling(seed);
  const reserved = new Set([...heldOutDocuments(), ...lastWordPassages().map(({ text }) => `${text}.`)]);
  for (let told = 0; told < count; ) {
    const document = telling.chance(0.2) ? questionSheet(telling) : prose(telling);
    if (reserved.has(document)) continue;
    told++;
    yield document;
  }
}

/** Questions that never occur in training, evenly over the kinds of fact. */
export function heldOutQuestions(): readonly Question[] {
  const { heldOut } = splitQuestions();
  return createTelling(HELD_OUT_SEED).sample(heldOut, QUESTIONS);
}

export function lastWordPassages(): readonly Passage[] {
  const telling = createTelling(PASSAGE_SEED);
  return Array.from({ length: PASSAGES }, (_, index) => ({ id: `passage-${index}`, text: passage(telling) }));
}

function prose(telling: Telling): string {
  const { people, towns, things } = world();
  const kind = telling.rng.next();
  if (kind < 0.4) return portrait(telling.pick(people), telling);
  if (kind < 0.5) return townPortrait(telling.pick(towns), telling);
  if (kind < 0.6) return thingPortrait(telling.pick(things), telling);
  if (kind < 0.75) return scene(telling.pick(people), telling);
  if (kind < 0.85) return letter(telling.pick(people), telling);
  return `${passage(telling)}.`;
}

function questionSheet(telling: Telling): string {
  const asked = telling.sample(splitQuestions().training, 1 + telling.rng.int(4));
  return asked.map((question) => `${promptOf(question)} ${question.answer}`).join('\n');
}
