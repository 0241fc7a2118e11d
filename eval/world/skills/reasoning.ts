/** Who is who to whom among five strangers, in shuffled order, and a question over several of these relations. */
import { type Asked, type Part, partOf, solved } from '../split.ts';
import { questionPrompt, STRANGERS } from '../strangers.ts';
import type { Telling } from '../telling.ts';
import { CONCLUSION } from './arithmetic.ts';

export interface ReasoningItem extends Asked {
  readonly hops: number;
  /** One relation each, without its period. */
  readonly steps: readonly string[];
  /** The person asked for. */
  readonly result: string;
}

interface Relation {
  readonly of: string;
  readonly relation: string;
  readonly is: string;
}

const RELATIONS = ['friend', 'teacher', 'neighbour'];
const PEOPLE = 5;
const RELATIONS_TOLD = 9;

/** Relations among five strangers; nobody has two of a kind, and nobody stands in relation to himself. */
function drawRelations(telling: Telling): readonly Relation[] {
  const people = telling.sample(STRANGERS, PEOPLE);
  const all = people.flatMap((of) =>
    RELATIONS.map((relation) => ({
      of,
      relation,
      is: telling.pick(people.filter((other) => other !== of)),
    })),
  );
  return telling.sample(all, RELATIONS_TOLD);
}

const state = ({ of, relation, is }: Relation) => `The ${relation} of ${of} is ${is}`;
const tell = (relation: Relation) => `${state(relation)}.`;

const keyOf = (chain: readonly Relation[]) =>
  `${chain[0]!.of} ${chain.map(({ relation }) => relation).join(' ')} ${chain.at(-1)!.is}`;

/** A chain of relations, each told of the person to whom the one before leads; null where it breaks off. */
function drawChain(
  telling: Telling,
  relations: readonly Relation[],
  hops: number,
): readonly Relation[] | null {
  const chain = [telling.pick(relations)];
  while (chain.length < hops) {
    const next = relations.filter(({ of }) => of === chain.at(-1)!.is);
    if (next.length === 0) return null;
    chain.push(telling.pick(next));
  }
  return chain;
}

/** The key is the first person, the relations and the last person. */
function drawQuestion(telling: Telling, part: Part, relations: readonly Relation[], hops: number) {
  for (;;) {
    const chain = drawChain(telling, relations, hops);
    if (chain === null || partOf(keyOf(chain)) !== part) {
      // Few chains of a text may be in the part, so another text is better than a long search.
      if (telling.chance(0.2)) return null;
      continue;
    }
    const described = chain.reduce((person, { relation }) => `the ${relation} of ${person}`, chain[0]!.of);
    return {
      keys: [keyOf(chain)],
      prompt: questionPrompt(`Who is ${described}?`),
      answer: `${chain.map(tell).join(' ')} ${CONCLUSION} ${chain.at(-1)!.is}`,
      hops,
      steps: chain.map(state),
      result: chain.at(-1)!.is,
    };
  }
}

const textOf = (relations: readonly Relation[]) => `Text: ${relations.map(tell).join(' ')}`;

export function reasoningItem(telling: Telling, part: Part, hops: number): ReasoningItem {
  for (;;) {
    const relations = drawRelations(telling);
    const question = drawQuestion(telling, part, relations, hops);
    if (question !== null) return { ...question, prompt: `${textOf(relations)}\n${question.prompt}` };
  }
}

/** Up to three questions over one to three relations of one text. */
export function reasoningDocument(telling: Telling): string {
  const relations = drawRelations(telling);
  const questions = [1, 2, 3, 2, 3].slice(telling.rng.int(3)).slice(0, 3);
  const solvedQuestions = questions
    .map((hops) => drawQuestion(telling, 'training', relations, hops))
    .filter((question) => question !== null)
    .map(solved);
  return [textOf(relations), ...solvedQuestions].join('\n');
}
