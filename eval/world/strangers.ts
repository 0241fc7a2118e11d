/**
 * People who occur in one text only: what a text says of them can be known from that text alone. Their names are made
 * of syllables of which no name of the world is made.
 */
import { world } from './facts.ts';
import { type Part, partOf } from './split.ts';
import { type Telling, withArticle } from './telling.ts';
import * as words from './words.ts';

const START = [
  ...['Dorv', 'Kith', 'Zant', 'Mokk', 'Rild', 'Tavv', 'Gunt', 'Hesh'],
  ...['Jupp', 'Pimm', 'Sabb', 'Wend', 'Lork', 'Bexx', 'Crov', 'Yint'],
];
const END = ['o', 'i', 'ash', 'u', 'ar', 'ey', 'el', 'us'];

/** 128 names of one word. */
export const STRANGERS: readonly string[] = START.flatMap((start) => END.map((end) => start + end));

const singleWords = (list: readonly string[]) => list.filter((word) => !word.includes(' '));
const TOWNS = world()
  .towns.slice(0, 24)
  .map(({ name }) => name);

export interface Attribute {
  readonly id: 'town' | 'trade' | 'hobby' | 'colour' | 'animal';
  readonly values: readonly string[];
  /** Ways to tell it. */
  tell(name: string, value: string): readonly string[];
  ask(name: string): string;
}

/** What can be told of a stranger, asked in the words in which it is asked of the people of the world. */
export const ATTRIBUTES: readonly Attribute[] = [
  {
    id: 'town',
    values: TOWNS,
    tell: (name, town) => [`${name} lives in ${town}.`, `The home of ${name} is in ${town}.`],
    ask: (name) => `Where does ${name} live?`,
  },
  {
    id: 'trade',
    values: words.TRADES,
    tell: (name, trade) => [
      `${name} works as ${withArticle(trade)}.`,
      `By trade ${name} is ${withArticle(trade)}.`,
    ],
    ask: (name) => `What is the trade of ${name}?`,
  },
  {
    id: 'hobby',
    values: singleWords(words.HOBBIES),
    tell: (name, hobby) => [`${name} loves ${hobby}.`, `In the evenings ${name} enjoys ${hobby}.`],
    ask: (name) => `What does ${name} like to do?`,
  },
  {
    id: 'colour',
    values: words.COLOURS,
    tell: (name, colour) => [
      `${name} always wears something ${colour}.`,
      `The door of ${name} is painted ${colour}.`,
    ],
    ask: (name) => `What is the favourite colour of ${name}?`,
  },
  {
    id: 'animal',
    values: words.ANIMALS,
    tell: (name, animal) => [
      `${name} keeps ${withArticle(animal)}.`,
      `Each morning ${name} feeds the ${animal}.`,
    ],
    ask: (name) => `Which animal does ${name} keep?`,
  },
];

export interface StrangerFact {
  readonly name: string;
  readonly attribute: Attribute;
  readonly value: string;
}

/** A name and a value: one pair in eight is never told or asked in training. */
export const factKey = ({ name, value }: StrangerFact) => `stranger ${name} ${value}`;

const EVALUATION_TRIES = 64;

/**
 * A fact about `name`. In training its pair is always in the part; in evaluation nearly always, as one name in eight
 * has no held-out colour, for example.
 */
export function strangerFact(telling: Telling, part: Part, name: string, attribute: Attribute): StrangerFact {
  const draw = () => ({ name, attribute, value: telling.pick(attribute.values) });
  let fact = draw();
  for (let tries = 1; partOf(factKey(fact)) !== part; tries++) {
    if (part === 'evaluation' && tries === EVALUATION_TRIES) break;
    fact = draw();
  }
  return fact;
}

export const factsIn = (part: Part, facts: readonly StrangerFact[]) =>
  facts.filter((fact) => partOf(factKey(fact)) === part);

export const tellFact = ({ name, attribute, value }: StrangerFact, telling: Telling) =>
  telling.pick(attribute.tell(name, value));

/** The form in which all questions are asked. */
export const questionPrompt = (question: string) => `Question: ${question}\nAnswer:`;

export const askFact = ({ name, attribute, value }: StrangerFact) => ({
  prompt: questionPrompt(attribute.ask(name)),
  answer: value,
});
