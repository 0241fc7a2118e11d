/**
 * Markdown for a comment on GitHub in which nothing that somebody sent has any effect: no mention, link, reference, image
 * or element. All of it stands in code spans, and what is outside of them is checked before it is posted.
 */
import { INVISIBLE, inertText } from '../problem.ts';

/** First line of every report; by it the comment is found again. */
export const MARK = '<!-- bitloss submission report -->';

/** Bytes of a comment; GitHub takes 65,536 characters. */
export const LONGEST = 60_000;

/** A text as a code span that may stand in a table. */
export function code(text: string): string {
  const plain = inertText(text).replaceAll('\\"', '"').replaceAll('`', "'").replaceAll('|', '¦').trim();
  return `\`${plain === '' ? '(empty)' : plain}\``;
}

/** What a person may fold and unfold. */
export function folded(title: string, body: string): string {
  return `<details>\n<summary>${title}</summary>\n\n${body}\n\n</details>`;
}

/** Rows of a table; of more than `most`, the others are counted. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], most: number): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const shown = rows.slice(0, most).map(line);
  const more = rows.length > most ? [`\n… and ${rows.length - most} more.`] : [];
  return [line(head), line(head.map(() => '---')), ...shown, ...more].join('\n');
}

const TAGS = /<\/?(?:details|summary)>/g;
/** Elements and entities, mentions, addresses, links and images, references to issues. */
const ACTIVE = /[<@`&]|\]\(|\]\[|:\/\/|www\.|#\d|\bGH-\d/i;

/** Why a text must not be posted; null where nothing in it has any effect. */
export function activeFault(markdown: string): string | null {
  if (Buffer.byteLength(markdown) > LONGEST) return `it has ${Buffer.byteLength(markdown)} bytes`;
  if (!markdown.startsWith(`${MARK}\n`)) return 'it does not begin as reports do';
  const lines = markdown.slice(MARK.length + 1).split('\n');
  if (lines.some((line) => INVISIBLE.test(line))) return 'it has invisible characters';
  let isFenced = false;
  for (const [index, line] of lines.entries()) {
    if (/^```(?:sh)?$/.test(line)) isFenced = !isFenced;
    else if (!isFenced && ACTIVE.test(line.replace(/`[^`]+`/g, '').replace(TAGS, '')))
      return `line ${index + 2} has something with an effect`;
    else if (isFenced && line.includes('```')) return `line ${index + 2} ends a block within itself`;
  }
  return isFenced ? 'a block has no end' : null;
}
