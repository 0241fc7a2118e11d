/** Two turns about a person of the world; the second asks on about the first. */
import { type Person, world } from '../facts.ts';
import { drawIn, type Part, solved } from '../split.ts';
import { capital, subject, type Telling, withArticle } from '../telling.ts';

export interface DialogueItem {
  readonly keys: readonly string[];
  readonly prompt: string;
  /** One fact a sentence. */
  readonly first: readonly string[];
  /** What follows the model's first answer. */
  readonly followUp: string;
  readonly second: readonly string[];
}

/** Ways to ask for a person. */
const OPENINGS: readonly ((name: string) => string)[] = [
  (name) => `Tell me about ${name}.`,
  (name) => `Who is ${name}?`,
  (name) => `What do you know about ${name}?`,
];

interface Opening {
  readonly person: Person;
  readonly asked: string;
}

const dialogueKey = ({ asked }: Opening) => `dialogue ${asked}`;

function drawOpening(telling: Telling): Opening {
  const person = telling.pick(world().people);
  return { person, asked: telling.pick(OPENINGS)(person.name) };
}

/** The key is the first question: the person and the way to ask. */
export function dialogueItem(telling: Telling, part: Part): DialogueItem {
  const opening = drawIn(part, dialogueKey, () => drawOpening(telling));
  const { person, asked } = opening;
  const friend = world().people[person.friend]!;
  return {
    keys: [dialogueKey(opening)],
    prompt: `A: ${asked}\nB:`,
    first: [...portraitOf(person), `${capital(subject(person))} likes the colour ${person.colour} best.`],
    followUp: '\nA: And the best friend?\nB:',
    second: [`The best friend of ${person.name} is ${friend.name}.`, ...portraitOf(friend)],
  };
}

const portraitOf = (person: Person) => [
  `${person.name} lives in ${person.town.name}.`,
  `${capital(subject(person))} works as ${withArticle(person.trade)}.`,
  `${capital(subject(person))} keeps ${withArticle(person.animal)}.`,
];

export function dialogueDocument(telling: Telling): string {
  const { prompt, first, followUp, second } = dialogueItem(telling, 'training');
  const opened = solved({ prompt, answer: first.join(' ') });
  return solved({ prompt: `${opened}${followUp}`, answer: second.join(' ') });
}
