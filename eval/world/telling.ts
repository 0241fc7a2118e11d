/** What every teller of the world needs: chance, choice of words, pronouns and capital letters. */
import { createRng, type Rng } from '../math/rng.ts';
import type { Person } from './facts.ts';

export interface Telling {
  readonly rng: Rng;
  pick<T>(items: readonly T[]): T;
  /** `count` different items, in random order. */
  sample<T>(items: readonly T[], count: number): T[];
  chance(probability: number): boolean;
}

export function createTelling(seed: number): Telling {
  const rng = createRng(seed);
  return {
    rng,
    pick: (items) => items[rng.int(items.length)]!,
    sample: (items, count) => distinctIndices(rng, items.length, count).map((index) => items[index]!),
    chance: (probability) => rng.next() < probability,
  };
}

export const subject = (person: Person) => (person.she ? 'she' : 'he');
export const possessive = (person: Person) => (person.she ? 'her' : 'his');
export const objective = (person: Person) => (person.she ? 'her' : 'him');
export const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
/** `a baker`, `an archer`. */
export const withArticle = (noun: string) => `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;

/** `count` different indices below `length`, in random order; cheap for few out of many. */
function distinctIndices(rng: Rng, length: number, count: number): number[] {
  const drawn = new Set<number>();
  while (drawn.size < Math.min(count, length)) drawn.add(rng.int(length));
  return [...drawn];
}
