/**
 * Which half of the world an item belongs to: a hash of its canonical key decides, so that no item can be in training
 * and in evaluation, whatever the seeds and however long the training stream.
 */
import { createTelling, type Telling } from './telling.ts';

export type Part = 'training' | 'evaluation';

const EVALUATION_SHARE = 1 / 8;

/** The part of a key, such as a question, an expression or a pair of a name and a value. One key in eight is held out. */
export function partOf(key: string): Part {
  return hashOf(key) / 2 ** 32 < EVALUATION_SHARE ? 'evaluation' : 'training';
}

/** FNV-1a over UTF-16 units, with the finalizer of MurmurHash3, as the high bits of FNV-1a are weak on short keys. */
export function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Draws until the key of what was drawn is in the part. */
export function drawIn<T>(part: Part, keyOf: (drawn: T) => string, draw: () => T): T {
  for (;;) {
    const drawn = draw();
    if (partOf(keyOf(drawn)) === part) return drawn;
  }
}

/** Something asked with a prompt; the right answer follows the prompt after one space. */
export interface Asked {
  /** Every one of them is in the part for which the item was drawn. */
  readonly keys: readonly string[];
  readonly prompt: string;
  readonly answer: string;
}

/** As it stands in training text. */
export const solved = ({ prompt, answer }: Pick<Asked, 'prompt' | 'answer'>) => `${prompt} ${answer}`;

/** Chance for the evaluation items of a skill; no training stream has a seed as high. */
export const evaluationTelling = (skill: string) => createTelling(2 ** 40 + hashOf(skill));

/** `count` different held-out items from the skill's own seed; `id` is the name of the skill and a number. */
export function evaluationItems<T extends { readonly prompt: string }>(
  skill: string,
  count: number,
  draw: (telling: Telling, index: number) => T,
): readonly (T & { readonly id: string })[] {
  const telling = evaluationTelling(skill);
  const items = new Map<string, T & { readonly id: string }>();
  while (items.size < count) {
    const item = draw(telling, items.size);
    if (!items.has(item.prompt)) items.set(item.prompt, { ...item, id: `${skill}-${items.size}` });
  }
  return [...items.values()];
}
