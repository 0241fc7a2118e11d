/** Slips of the keyboard: two letters swapped, one left out or one struck twice. */
import type { Telling } from '../telling.ts';

/** The text with `count` slips, each within a word of at least four letters and never at its first letter. */
export function withTypos(text: string, count: number, telling: Telling): string {
  for (;;) {
    let typed = text;
    for (let slip = 0; slip < count; slip++) typed = withTypo(typed, telling);
    // Swapping like letters changes nothing, and one slip may undo another.
    if (typed !== text) return typed;
  }
}

function withTypo(text: string, telling: Telling): string {
  const long = [...text.matchAll(/[A-Za-z]{4,}/g)];
  // Slips may have left short words only.
  if (long.length === 0) return text;
  const word = telling.pick(long);
  // The last letter has no right neighbour to be swapped with.
  const at = word.index + 1 + telling.rng.int(word[0].length - 2);
  const [before, letter, next, after] = [text.slice(0, at), text[at]!, text[at + 1]!, text.slice(at + 2)];
  return telling.pick([
    `${before}${next}${letter}${after}`,
    `${before}${next}${after}`,
    `${before}${letter}${letter}${next}${after}`,
  ]);
}
