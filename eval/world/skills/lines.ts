/**
 * Line retrieval: numbered lines under keys of two words, one of which is asked for (after the line retrieval of
 * LongEval, Li et al. 2023, in short lines). Several keys share each of their words.
 */
import { type Asked, drawIn, type Part, solved } from '../split.ts';
import { questionPrompt } from '../strangers.ts';
import type { Telling } from '../telling.ts';

export interface LinesItem extends Asked {
  readonly lines: number;
  /** Of the line asked for; the first is 1. */
  readonly position: number;
}

interface Line {
  readonly name: string;
  readonly number: number;
}

const FIRST = ['amber', 'brave', 'calm', 'dusty', 'early', 'faint', 'giant', 'happy', 'icy', 'jolly'];
const SECOND = [
  'apple',
  'bridge',
  'castle',
  'desert',
  'engine',
  'forest',
  'garden',
  'hammer',
  'island',
  'jacket',
];

const NAMES = FIRST.flatMap((first) => SECOND.map((second) => `${first}-${second}`));

/** Numbers of lines that are asked about. */
export const LINE_COUNTS = [5, 10, 15, 20, 25] as const;

const lineKey = ({ name, number }: Line) => `line ${name} ${number}`;

/** Different names; every pair of name and number is in the part. */
function drawLines(telling: Telling, part: Part, count: number): readonly Line[] {
  const names = telling.sample(NAMES, count);
  return names.map((name) => drawIn(part, lineKey, () => ({ name, number: 10 + telling.rng.int(990) })));
}

const textOf = (lines: readonly Line[]) =>
  lines.map(({ name, number }) => `Line ${name}: ${number}`).join('\n');

const askLine = ({ name, number }: Line) => ({
  prompt: questionPrompt(`Which number is in line ${name}?`),
  answer: `${number}`,
});

export function linesItem(telling: Telling, part: Part, count: number): LinesItem {
  const lines = drawLines(telling, part, count);
  const position = 1 + telling.rng.int(count);
  const line = lines[position - 1]!;
  const { prompt, answer } = askLine(line);
  return { keys: [lineKey(line)], prompt: `${textOf(lines)}\n${prompt}`, answer, lines: count, position };
}

/** Two to 25 lines, for few are where finding a line is learnt first, and up to eight questions. */
export function linesDocument(telling: Telling): string {
  const lines = drawLines(telling, 'training', 2 + telling.rng.int(24));
  const asked = telling.sample(lines, Math.min(8, lines.length));
  return [textOf(lines), ...asked.map((line) => solved(askLine(line)))].join('\n');
}
