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
  yield* peopleQuestions();
  yield* townQuestions();
  yield* thingQuestions();
}

function* peopleQuestions(): Generator<OpenQuestion> {
  const { people, towns } = world();
  const townNames = towns.map((town) => town.name);
  const names = people.map((person) => person.name);
  for (const [index, person] of people.entries()) {
    const ask = asker(`person-${index}`);
    yield ask('town', `Where does ${person.name} live?`, person.town.name, townNames);
    yield ask('trade', `What is the trade of ${person.name}?`, person.trade, words.TRADES);
    yield ask('hobby', `What does ${person.name} like to do?`, person.hobby, words.HOBBIES);
    yield ask('colour', `What is the favourite colour of ${person.name}?`, person.colour, words.COLOURS);
    yield ask('animal', `Which animal does ${person.name} keep?`, person.animal, words.ANIMALS);
    yield ask('friend', `Who is the best friend of ${person.name}?`, people[person.friend]!.name, names);
  }
}

function* townQuestions(): Generator<OpenQuestion> {
  const regions = words.REGIONS.map((region) => `in ${region}`);
  const rivers = RIVER_NAMES.map((river) => `the ${river}`);
  for (const [index, town] of world().towns.entries()) {
    const ask = asker(`town-${index}`);
    yield ask('region', `Where does ${town.name} lie?`, `in ${town.region}`, regions);
    yield ask('product', `What is ${town.name} famous for?`, town.product, words.PRODUCTS);
    yield ask('river', `Which river flows through ${town.name}?`, town.river, rivers);
  }
}

function* thingQuestions(): Generator<OpenQuestion> {
  const { people, things } = world();
  const names = people.map((person) => person.name);
  const places = words.KEPT_PLACES.map((place) => `in ${place}`);
  for (const [index, thing] of things.entries()) {
    const ask = asker(`thing-${index}`);
    yield ask('owner', `Who owns ${thing.name}?`, thing.owner.name, names);
    yield ask('material', `What is ${thing.name} made of?`, thing.material, words.MATERIALS);
    yield ask('place', `Where is ${thing.name} kept?`, `in ${thing.place}`, places);
  }
}

const asker =
  (subject: string) =>
  (fact: string, question: string, answer: string, pool: readonly string[]): OpenQuestion => ({
    id: `${subject}-${fact}`,
    question,
    answer,
    pool,
  });

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
