/**
 * The search box's little language: words that must all occur, `field:word` to look in one field, and comparisons of
 * numbers (`bits<=4`, `kept>95`). What is not such a form is a plain word, so no query is ever an error.
 */

export type Comparison = '<' | '<=' | '>' | '>=' | '=';

export type SearchTerm =
  | { readonly kind: 'word'; readonly word: string; readonly field: string | null }
  | {
      readonly kind: 'number';
      readonly field: string;
      readonly comparison: Comparison;
      readonly bound: number;
    };

const TERM = /"([^"]*)"|(\S+)/g;
const COMPARE = /^([a-z_]+)(<=|>=|<|>|=)(-?\d+(?:\.\d+)?)%?$/;
const MEANT = /^[a-z_]+(:|<=|>=|<|>|=)[^:]+$/;
const FIELD = /^([a-z_]+):(.+)$/;

/** Splits a query into terms; case is ignored, quotes keep spaces together. Only named fields are recognised. */
export function parseSearch(
  query: string,
  textFields: readonly string[],
  numberFields: readonly string[],
): readonly SearchTerm[] {
  return [...query.toLowerCase().matchAll(TERM)]
    .map((match) =>
      match[1] === undefined ? term(match[2] ?? '', textFields, numberFields) : word(match[1]),
    )
    .filter((one) => one.kind === 'number' || one.word !== '');
}

/**
 * Fields that a query asks for although there are none of that name, or not of that kind (`methd:gptq`, `bits:4`): such
 * terms are looked for as plain words, which is most often not what was meant.
 */
export function misunderstood(
  query: string,
  textFields: readonly string[],
  numberFields: readonly string[],
): readonly string[] {
  return [...query.toLowerCase().matchAll(TERM)].flatMap(([text, quoted]) => {
    const read = term(text, textFields, numberFields);
    const isWord = quoted === undefined && read.kind === 'word' && read.field === null;
    return isWord && MEANT.test(text) ? [text] : [];
  });
}

export function compares(value: number, comparison: Comparison, bound: number): boolean {
  if (comparison === '<') return value < bound;
  if (comparison === '<=') return value <= bound;
  if (comparison === '>') return value > bound;
  return comparison === '>=' ? value >= bound : value === bound;
}

function term(text: string, textFields: readonly string[], numberFields: readonly string[]): SearchTerm {
  const [, numberField, comparison, bound] = COMPARE.exec(text) ?? [];
  if (numberField !== undefined && numberFields.includes(numberField)) {
    return { kind: 'number', field: numberField, comparison: comparison as Comparison, bound: Number(bound) };
  }
  const [, field, rest] = FIELD.exec(text) ?? [];
  return field !== undefined && textFields.includes(field) ? word(rest ?? '', field) : word(text);
}

function word(text: string, field: string | null = null): SearchTerm {
  return { kind: 'word', word: text, field };
}
