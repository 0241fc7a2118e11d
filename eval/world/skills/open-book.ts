/** A short text about strangers and a question that only the text answers. */
import { type Asked, type Part, solved } from '../split.ts';
import {
  ATTRIBUTES,
  askFact,
  factKey,
  factsIn,
  STRANGERS,
  type StrangerFact,
  strangerFact,
  tellFact,
} from '../strangers.ts';
import type { Telling } from '../telling.ts';

const PEOPLE = 3;
const FACTS = 3;

interface Text {
  readonly text: string;
  readonly facts: readonly StrangerFact[];
}

function textOf(telling: Telling, part: Part): Text {
  const facts = telling.rng.shuffle(
    telling
      .sample(STRANGERS, PEOPLE)
      .flatMap((name) =>
        telling.sample(ATTRIBUTES, FACTS).map((attribute) => strangerFact(telling, part, name, attribute)),
      ),
  );
  return { text: `Text: ${facts.map((fact) => tellFact(fact, telling)).join(' ')}`, facts };
}

/** The key is the name and the value asked for. */
export function openBookItem(telling: Telling, part: Part): Asked {
  const { text, facts } = textOf(telling, part);
  const fact = telling.pick(factsIn(part, facts));
  const { prompt, answer } = askFact(fact);
  return { keys: [factKey(fact)], prompt: `${text}\n${prompt}`, answer };
}

/** Three questions to one text. */
export function openBookDocument(telling: Telling): string {
  const { text, facts } = textOf(telling, 'training');
  return [text, ...telling.sample(facts, 3).map((fact) => solved(askFact(fact)))].join('\n');
}
