/** What no text of a submission may hold: texts end up on pages, in terminals, in tables that spreadsheets open. */
import { INVISIBLE, inert } from '../problem.ts';

export interface TextFault {
  readonly rule: string;
  readonly found: string;
  readonly fix: string;
}

/** Of one text. Commands list every recipe and task of a run, so they are the longest texts there are. */
const LONGEST_TEXT = 20_000;

/** What a browser might take for an element, an entity or a script, and what Markdown takes for an image or a link. */
const MARKUP = /<\s*[a-z!/?]|&(?:#|[a-z]{2,8};)|(?:javascript|vbscript|data)\s*:|\]\s*\(|!\[/i;

/** What a spreadsheet takes for a formula. */
const FORMULA = /^[=@\t\r]|^[+-](?![\d.]+$)\S*[(|!]/;

/** The first fault of a text, null for a plain one. */
export function textFault(text: string): TextFault | null {
  if (text.length > LONGEST_TEXT)
    return {
      rule: 'text-length',
      found: `a text of ${text.length} characters, ${inert(text.slice(0, 40))}`,
      fix: `Texts have at most ${LONGEST_TEXT} characters.`,
    };
  if (INVISIBLE.test(text))
    return {
      rule: 'invisible',
      found: inert(text),
      fix: 'Remove control characters, marks of direction and other invisible characters.',
    };
  if (MARKUP.test(text))
    return { rule: 'markup', found: inert(text), fix: 'Write plain text, without markup, links or scripts.' };
  if (FORMULA.test(text))
    return {
      rule: 'markup',
      found: inert(text),
      fix: 'Do not begin a text as a spreadsheet formula begins.',
    };
  return null;
}
