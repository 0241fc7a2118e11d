/**
 * A mapping that only the examples before it tell: four kinds of words stand for four nonsense labels, drawn anew for
 * every item. The kind of the word decides, so an unseen word can be answered.
 */
import { drawIn, type Part, partOf } from '../split.ts';
import type { Telling } from '../telling.ts';
import * as words from '../words.ts';

export interface MappingItem {
  readonly keys: readonly string[];
  readonly prompt: string;
  readonly answer: string;
  /** In the order of the header. */
  readonly labels: readonly string[];
  readonly answerIndex: number;
  readonly shots: number;
}

interface Pair {
  readonly word: string;
  readonly label: string;
}

const singleWords = (list: readonly string[]) => list.filter((word) => !word.includes(' '));

const KINDS: readonly (readonly string[])[] = [
  words.ANIMALS,
  words.COLOURS,
  words.TRADES,
  singleWords(words.HOBBIES),
  singleWords(words.OBJECTS),
  words.NUMBERS,
  words.DAYS,
];
const LABELS = [
  ...['zup', 'lom', 'fik', 'dax', 'wub', 'gorp', 'teb', 'nim', 'plo', 'vak'],
  ...['sib', 'quon', 'rud', 'jep', 'hish', 'mog', 'blen', 'yat', 'kez', 'frop'],
];
const CHOICES = 4;

interface Mapping {
  readonly labels: readonly string[];
  readonly rules: readonly { readonly kind: readonly string[]; readonly label: string }[];
}

function drawMapping(telling: Telling): Mapping {
  const labels = telling.sample(LABELS, CHOICES);
  const kinds = telling.sample(KINDS, CHOICES);
  const shuffled = telling.rng.shuffle([...labels]);
  return { labels, rules: kinds.map((kind, index) => ({ kind, label: shuffled[index]! })) };
}

const pairKey = ({ word, label }: Pair) => `mapping ${word} ${label}`;

/** A pair of the mapping that is in the part; no word comes twice. */
function drawPair(telling: Telling, part: Part, { rules }: Mapping, taken: Set<string>): Pair {
  for (;;) {
    const pair = drawIn(part, pairKey, () => {
      const { kind, label } = telling.pick(rules);
      return { word: telling.pick(kind), label };
    });
    if (taken.has(pair.word)) continue;
    taken.add(pair.word);
    return pair;
  }
}

const header = (labels: readonly string[]) => `Labels: ${labels.join(', ')}`;
const queryOf = (word: string) => `Word ${word}:`;
const lineOf = ({ word, label }: Pair) => `${queryOf(word)} ${label}`;

/** `shots` examples, then a word; its pair with the right label is in the part. The examples are training pairs. */
export function mappingItem(telling: Telling, part: Part, shots: number): MappingItem {
  for (;;) {
    const mapping = drawMapping(telling);
    // With few kinds of words, no pair of a mapping may be held out.
    if (!hasPairs(mapping, part)) continue;
    const taken = new Set<string>();
    const asked = drawPair(telling, part, mapping, taken);
    const examples = Array.from({ length: shots }, () => drawPair(telling, 'training', mapping, taken));
    return {
      keys: [pairKey(asked)],
      prompt: [header(mapping.labels), ...examples.map(lineOf), queryOf(asked.word)].join('\n'),
      answer: asked.label,
      labels: mapping.labels,
      answerIndex: mapping.labels.indexOf(asked.label),
      shots,
    };
  }
}

function hasPairs({ rules }: Mapping, part: Part): boolean {
  return rules.some(({ kind, label }) => kind.some((word) => partOf(pairKey({ word, label })) === part));
}

/** One mapping and 6 to 16 words: every line of it is a question with as many examples as stand above it. */
export function mappingDocument(telling: Telling): string {
  const mapping = drawMapping(telling);
  const taken = new Set<string>();
  const lines = Array.from({ length: 6 + telling.rng.int(11) }, () =>
    lineOf(drawPair(telling, 'training', mapping, taken)),
  );
  return [header(mapping.labels), ...lines].join('\n');
}
