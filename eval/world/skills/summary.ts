/** A story of six to eight facts about three strangers among sentences without any, and its summary in a fixed form. */
import { type Asked, type Part, solved } from '../split.ts';
import { ATTRIBUTES, factKey, factsIn, STRANGERS, strangerFact, tellFact } from '../strangers.ts';
import type { Telling } from '../telling.ts';
import * as words from '../words.ts';

export interface SummaryItem extends Asked {
  /** `name: value`, in the order of the story. */
  readonly statements: readonly string[];
}

const PEOPLE = 3;

/** A sentence that tells nothing to be kept. */
const fillers = (names: readonly string[], telling: Telling) => [
  `${telling.pick(words.WEATHERS)}.`,
  `${telling.pick(names)} was ${telling.pick(words.MOODS)}.`,
  `Somewhere a bell rang ${telling.pick(words.NUMBERS)} times.`,
  `It was ${telling.pick(words.DAYS)}, and ${telling.pick(names)} had slept badly.`,
  'The road was long and there was nobody to talk to.',
  `${telling.pick(names)} counted to ${telling.pick(words.NUMBERS)} and waited.`,
];

/** The keys are names and values; in evaluation a few pairs of a story may be of the other part. */
export function summaryItem(telling: Telling, part: Part): SummaryItem {
  const names = telling.sample(STRANGERS, PEOPLE);
  const facts = telling
    .sample(
      names.flatMap((name) => ATTRIBUTES.map((attribute) => ({ name, attribute }))),
      6 + telling.rng.int(3),
    )
    .map(({ name, attribute }) => strangerFact(telling, part, name, attribute));
  const told = facts.map((fact) => tellFact(fact, telling));
  for (const filler of telling.sample(fillers(names, telling), 2 + telling.rng.int(3)))
    told.splice(telling.rng.int(told.length + 1), 0, filler);
  const statements = facts.map(({ name, value }) => `${name}: ${value}`);
  return {
    keys: factsIn(part, facts).map(factKey),
    prompt: `Story: ${told.join(' ')}\nSummary:`,
    answer: `${statements.join('; ')}.`,
    statements,
  };
}

export const summaryDocument = (telling: Telling) => solved(summaryItem(telling, 'training'));

/** The statements of a summary as written; what is not of the form `name: value` is kept as it is. */
export function statementsOf(summary: string): readonly string[] {
  return summary
    .trim()
    .replace(/\.$/, '')
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}
