/** Eight to twelve short documents, one stranger each, and a question about one of them. */
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

export interface DocumentsItem extends Asked {
  readonly documents: number;
  /** Of the document with the answer; the first is 1. */
  readonly position: number;
}

/** Documents of an item. In training there may be fewer, where finding one is learnt first. */
const FEWEST = 8;
const FEWEST_IN_TRAINING = 2;
const MOST = 12;

/** The facts of each document. */
function drawDocuments(telling: Telling, part: Part, fewest: number): readonly (readonly StrangerFact[])[] {
  return telling
    .sample(STRANGERS, fewest + telling.rng.int(MOST - fewest + 1))
    .map((name) =>
      telling.sample(ATTRIBUTES, 2).map((attribute) => strangerFact(telling, part, name, attribute)),
    );
}

const textOf = (documents: readonly (readonly StrangerFact[])[], telling: Telling) =>
  documents
    .map((facts, index) => `Document ${index + 1}: ${facts.map((fact) => tellFact(fact, telling)).join(' ')}`)
    .join('\n');

/** The key is the name and the value asked for. */
export function documentsItem(telling: Telling, part: Part): DocumentsItem {
  const documents = drawDocuments(telling, part, FEWEST);
  const fact = telling.pick(factsIn(part, documents.flat()));
  const position = 1 + documents.findIndex((facts) => facts.includes(fact));
  const { prompt, answer } = askFact(fact);
  return {
    keys: [factKey(fact)],
    prompt: `${textOf(documents, telling)}\n${prompt}`,
    answer,
    documents: documents.length,
    position,
  };
}

/** Up to five questions to the same documents. */
export function documentsDocument(telling: Telling): string {
  const documents = drawDocuments(telling, 'training', FEWEST_IN_TRAINING);
  const asked = telling
    .sample(documents, Math.min(5, documents.length))
    .map((facts) => solved(askFact(telling.pick(facts))));
  return [textOf(documents, telling), ...asked].join('\n');
}
