/** Questions with one right answer about the facts of the world, and which of them are never asked in training. */
import { createRng } from '../math/rng.ts';
import { world } from './facts.ts';
import { RIVER_NAMES } from './names.ts';
import * as words from './words.ts';

export interface Question {
  readonly id: string;
  readonly question: string;
  readonly answer: string;
  /** Four different answers of the same kind, the right one among them. */
  readonly choices: readonly string[];
  readonly answerIndex: number;
}

interface OpenQuestion {
  readonly id: string;
  readonly question: string;
  readonly answer: string;
  readonly pool: readonly string[];
}

const SPLIT_SEED = 7;
const HELD_OUT_SHARE = 0.2;

/** Every question about the world, in a fixed order. */
function* allQuestions(): Generator<OpenQuestion> {
  const { people, towns, things } = world();
  const townNames = towns.map((town) => town.name);
  const names = people.map((person) => person.name);
  for (const [index, person] of people.entries()) {
    const ask = (fact: string, question: string, answer: string, pool: readonly string[]): OpenQuestion => ({
      id: `person-${index}-${fact}`,
      question,
      answer,
      pool,
    });
    yield ask('town', `Where does ${person.name} live?`, person.town.name, townNames);
    yield ask('trade', `What is the trade of ${person.name}?`, person.trade, words.TRADES);
    yield ask('hobby', `What does ${person.name} like to do?`, person.hobby, words.HOBBIES);
    yield ask('colour', `What is the favourite colour of ${person.name}?`, person.colour, words.COLOURS);
    yield ask('animal', `Which animal does ${person.name} keep?`, person.animal, words.ANIMALS);
    yield ask('friend', `Who is the best friend of ${person.name}?`, people[person.friend]!.name, names);
  }
  for (const [index, town] of towns.entries()) {
    yield {
      id: `town-${index}-region`,
      question: `Where does ${town.name} lie?`,
      answer: `in ${town.region}`,
      pool: words.REGIONS.map((region) => `in ${region}`),
    };
    yield {
      id: `town-${index}-product`,
      question: `What is ${town.name} famous for?`,
      answer: town.product,
      pool: words.PRODUCTS,
    };
    yield {
      id: `town-${index}-river`,
      question: `Which river flows through ${town.name}?`,
      answer: town.river,
      pool: RIVER_NAMES.map((river) => `the ${river}`),
    };
  }
  for (const [index, thing] of things.entries()) {
    yield {
      id: `thing-${index}-owner`,
      question: `Who owns ${thing.name}?`,
      answer: thing.owner.name,
      pool: names,
    };
    yield {
      id: `thing-${index}-material`,
      question: `What is ${thing.name} made of?`,
      answer: thing.material,
      pool: words.MATERIALS,
    };
    yield {
      id: `thing-${index}-place`,
      question: `Where is ${thing.name} kept?`,
      answer: `in ${thing.place}`,
      pool: words.KEPT_PLACES.map((place) => `in ${place}`),
    };
  }
}

function withChoices(open: OpenQuestion, rng: ReturnType<typeof createRng>): Question {
  const wrong = new Set<string>();
  while (wrong.size < 3) {
    const candidate = open.pool[rng.int(open.pool.length)]!;
    if (candidate !== open.answer) wrong.add(candidate);
  }
  const choices = rng.shuffle([open.answer, ...wrong]);
  return {
    id: open.id,
    question: open.question,
    answer: open.answer,
    choices,
    answerIndex: choices.indexOf(open.answer),
  };
}

let split: { training: Question[]; heldOut: Question[] } | undefined;

/** The split is drawn question by question, so the two halves share facts' subjects but no question. */
export function splitQuestions(): {
  readonly training: readonly Question[];
  readonly heldOut: readonly Question[];
} {
  if (split !== undefined) return split;
  const rng = createRng(SPLIT_SEED);
  split = { training: [], heldOut: [] };
  for (const open of allQuestions()) {
    const target = rng.next() < HELD_OUT_SHARE ? split.heldOut : split.training;
    target.push(withChoices(open, rng));
  }
  return split;
}

/** The form in which a question is asked, in training and evaluation alike; the answer follows after one space. */
export const promptOf = (question: Question) => `Question: ${question.question}\nAnswer:`;
