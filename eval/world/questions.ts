/** Questions with one right answer about the facts of the world, and which of them are never asked in training. */
import { createRng } from '../math/rng.ts';
import { world } from './facts.ts';
import { RIVER_NAMES } from './names.ts';
import { partOf } from './split.ts';
import { questionPrompt } from './strangers.ts';
import * as words from './words.ts';

export interface Question {
  readonly id: string;
  /** Kind of fact, such as `town` or `owner`. */
  readonly subject: string;
  readonly question: string;
  readonly answer: string;
  /** Four different answers of the same kind, the right one among them. */
  readonly choices: readonly string[];
  readonly answerIndex: number;
}

interface OpenQuestion {
  readonly id: string;
  readonly subject: string;
  readonly question: string;
  readonly answer: string;
  readonly pool: readonly string[];
}

const CHOICE_SEED = 7;

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
  (about: string) =>
  (subject: string, question: string, answer: string, pool: readonly string[]): OpenQuestion => ({
    id: `${about}-${subject}`,
    subject,
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
    subject: open.subject,
    question: open.question,
    answer: open.answer,
    choices,
    answerIndex: choices.indexOf(open.answer),
  };
}

export interface SplitQuestions {
  readonly training: readonly Question[];
  /** The training questions by subject. */
  readonly bySubject: ReadonlyMap<string, readonly Question[]>;
  readonly heldOut: readonly Question[];
}

let split: SplitQuestions | undefined;

/** The key is the question, so the two halves share facts' subjects but no question. */
export function splitQuestions(): SplitQuestions {
  if (split !== undefined) return split;
  const rng = createRng(CHOICE_SEED);
  const questions = [...allQuestions()].map((open) => withChoices(open, rng));
  const training = questions.filter(({ question }) => partOf(question) === 'training');
  return (split = {
    training,
    bySubject: Map.groupBy(training, ({ subject }) => subject),
    heldOut: questions.filter(({ question }) => partOf(question) === 'evaluation'),
  });
}

/** The form in which a question is asked, in training and evaluation alike; the answer follows after one space. */
export const promptOf = ({ question }: Pick<Question, 'question'>) => questionPrompt(question);
