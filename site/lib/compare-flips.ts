/** Items that change sides between two recipes: answered right by the one and wrong by the other. */
import type { CompareItems, CompareRecipe, CompareTask } from './compare-types.ts';

export interface Flips {
  /** Right in the first and wrong in the other. */
  readonly lost: number;
  /** Wrong in the first and right in the other. */
  readonly gained: number;
  readonly n: number;
}

interface Answering {
  readonly recipe: CompareRecipe;
  readonly items: CompareItems | null;
}

/** null where the answers of either are not known. */
export function flipsOf(task: CompareTask, first: Answering, other: Answering): Flips | null {
  const items = first.items?.[first.recipe.source]?.[`${task.id}|${task.metric}`];
  if (items === undefined) return null;
  const [a, b] = [first, other].map(({ recipe }) =>
    recipe.is_baseline ? new Uint8Array(Math.ceil(items.n / 8)) : bytesOf(items.flipped[recipe.recipe]),
  ) as [Uint8Array | null, Uint8Array | null];
  if (a === null || b === null) return null;
  const base = bytesOf(items.base)!;
  let [lost, gained] = [0, 0];
  for (const [place, byte] of base.entries()) {
    const [left, right] = [byte ^ a[place]!, byte ^ b[place]!];
    lost += bitCount(left & ~right & 255);
    gained += bitCount(right & ~left & 255);
  }
  return { lost, gained, n: items.n };
}

function bytesOf(text: string | undefined): Uint8Array | null {
  return text === undefined ? null : Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

function bitCount(byte: number): number {
  let count = 0;
  for (let rest = byte; rest > 0; rest &= rest - 1) count++;
  return count;
}
