/** Instructions whose fulfilment a program can verify (the idea of IFEval, Zhou et al. 2023, arXiv:2311.07911). */
import { type Asked, drawIn, type Part, solved } from '../split.ts';
import type { Telling } from '../telling.ts';
import * as words from '../words.ts';

export type Verifier =
  /** The response is this text. */
  | { readonly kind: 'exact'; readonly text: string }
  /** As many different words of a list as told, separated by commas, and then a last word. */
  | {
      readonly kind: 'list';
      readonly count: number;
      readonly of: readonly string[];
      readonly last: string;
    };

export interface InstructionItem extends Asked {
  readonly type: string;
  readonly verifier: Verifier;
}

const singleWords = (list: readonly string[]) => list.filter((word) => !word.includes(' '));

const KINDS = {
  animals: words.ANIMALS,
  colours: words.COLOURS,
  trades: words.TRADES,
  objects: singleWords(words.OBJECTS),
  goods: words.GOODS,
  days: words.DAYS,
} as const;
type Kind = keyof typeof KINDS;
const KIND_NAMES = Object.keys(KINDS) as Kind[];
const ALL = Object.values(KINDS).flat();
const COUNTS = ['one', 'two', 'three', 'four', 'five'];
const ORDINALS = ['first', 'second', 'third', 'fourth'];

interface Instruction {
  readonly type: string;
  readonly text: string;
  readonly answer: string;
  readonly verifier: Verifier;
}

const exact = (type: string, text: string, answer: string): Instruction => ({
  type,
  text,
  answer,
  verifier: { kind: 'exact', text: answer },
});

const makers: readonly ((telling: Telling) => Instruction)[] = [
  (telling) => {
    const word = telling.pick(ALL);
    const count = 2 + telling.rng.int(4);
    return exact(
      'repeat',
      `Repeat the word ${word} ${COUNTS[count - 1]} times.`,
      Array(count).fill(word).join(' '),
    );
  },
  (telling) => {
    const list = telling.sample(ALL, 3 + telling.rng.int(3));
    return exact(
      'reverse',
      `Write these words in reverse order: ${list.join(', ')}.`,
      list.toReversed().join(', '),
    );
  },
  (telling) => {
    const list = telling.sample(ALL, 3 + telling.rng.int(2));
    const index = telling.rng.int(list.length);
    return exact(
      'pick',
      `Write only the ${ORDINALS[index]} of these words: ${list.join(', ')}.`,
      list[index]!,
    );
  },
  (telling) => {
    const kinds = telling.sample(KIND_NAMES, 2) as [Kind, Kind];
    const chosen = telling.sample(KINDS[kinds[0]], 1 + telling.rng.int(3));
    const list = telling.rng.shuffle([...chosen, ...telling.sample(KINDS[kinds[1]], 2)]);
    return exact(
      'filter',
      `Write only the ${kinds[0]} of these words: ${list.join(', ')}.`,
      list.filter((word) => chosen.includes(word)).join(', '),
    );
  },
  (telling) => {
    const list = telling.sample(ALL, 2 + telling.rng.int(3));
    return exact('join', `Join these words with dashes: ${list.join(', ')}.`, list.join(' - '));
  },
  (telling) => {
    const kind = telling.pick(KIND_NAMES);
    const count = 1 + telling.rng.int(5);
    const last = telling.pick(ALL.filter((word) => !(KINDS[kind] as readonly string[]).includes(word)));
    const list = telling.sample(KINDS[kind], count);
    return {
      type: 'list',
      text: `Write ${COUNTS[count - 1]} ${kind} and end with the word ${last}.`,
      answer: [...list, last].join(', '),
      verifier: { kind: 'list', count, of: KINDS[kind], last },
    };
  },
];

/** The key is the instruction. */
export function instructionItem(telling: Telling, part: Part): InstructionItem {
  const instruction = drawIn(
    part,
    ({ text }) => text,
    () => telling.pick(makers)(telling),
  );
  const { type, text, answer, verifier } = instruction;
  return { keys: [text], prompt: `Instruction: ${text}\nResponse:`, answer, type, verifier };
}

/** Two to four instructions. */
export function instructionDocument(telling: Telling): string {
  return Array.from({ length: 2 + telling.rng.int(3) }, () =>
    solved(instructionItem(telling, 'training')),
  ).join('\n');
}

/** Whether a response does exactly what was told; white space at its ends does not count. */
export function isFollowed(verifier: Verifier, response: string): boolean {
  const text = response.trim();
  if (verifier.kind === 'exact') return text === verifier.text;
  const listed = text.split(', ');
  if (listed.pop() !== verifier.last) return false;
  return (
    listed.length === verifier.count &&
    new Set(listed).size === verifier.count &&
    listed.every((word) => verifier.of.includes(word))
  );
}
