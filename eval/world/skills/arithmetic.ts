/** Sums and differences of three to five small numbers, worked out step by step. */
import { type Asked, drawIn, type Part, solved } from '../split.ts';
import { questionPrompt } from '../strangers.ts';
import type { Telling } from '../telling.ts';

export interface ArithmeticItem extends Asked {
  /** As `7 + 5 = 12`, in order. */
  readonly steps: readonly string[];
  readonly result: string;
}

/** Every number and every result on the way is from 0 to this. */
const HIGHEST = 60;
const LARGEST_TERM = 20;

/** How the answer ends; the result follows after one space. */
export const CONCLUSION = 'So it is';

/** The key is the expression. */
export function arithmeticItem(telling: Telling, part: Part, steps: number): ArithmeticItem {
  return drawIn(
    part,
    ({ keys }) => keys[0]!,
    () => calculation(telling, steps),
  );
}

function calculation({ rng }: Telling, count: number): ArithmeticItem {
  let value = 2 + rng.int(LARGEST_TERM);
  let expression = `${value}`;
  const steps: string[] = [];
  while (steps.length < count) {
    const term = 2 + rng.int(LARGEST_TERM - 1);
    const plus = value < term || (value + term <= HIGHEST && rng.int(2) === 0);
    const next = plus ? value + term : value - term;
    const operation = `${plus ? '+' : '-'} ${term}`;
    steps.push(`${value} ${operation} = ${next}`);
    expression += ` ${operation}`;
    value = next;
  }
  return {
    keys: [expression],
    prompt: questionPrompt(`What is ${expression}?`),
    answer: `${steps.join('; ')}. ${CONCLUSION} ${value}`,
    steps,
    result: `${value}`,
  };
}

/** Two to four calculations. */
export function arithmeticDocument(telling: Telling): string {
  return Array.from({ length: 2 + telling.rng.int(3) }, () =>
    solved(arithmeticItem(telling, 'training', 2 + telling.rng.int(3))),
  ).join('\n');
}
