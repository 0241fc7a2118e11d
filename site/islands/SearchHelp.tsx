/** What the search box understands: told on demand, and at once where a term looks like a field but is none. */
import type { ReactNode } from 'react';
import type { LiveTable } from '../lib/payload.ts';
import { misunderstood } from '../lib/search-query.ts';

interface Props {
  readonly table: Pick<LiveTable, 'coded' | 'numbers'>;
}

/** Numbers worth searching by; others are of use to nobody, though they are understood. */
const TOLD = ['bits', 'bpw', 'kept', 'params', 'size', 'tasks', 'rank', 'value', 'loss', 'n'];

function numbersOf({ numbers }: Props['table']): string {
  return TOLD.filter((name) => numbers[name] !== undefined).join(', ');
}

export function SearchHelp({ table }: Props): ReactNode {
  return (
    <details className="menu" data-closes="">
      <summary className="button">
        <span aria-hidden="true">?</span>
        <span className="hidden-text">How to search</span>
      </summary>
      <dl className="search-help">
        <dt>
          <code>llama gptq</code>
        </dt>
        <dd>all of these words, anywhere</dd>
        <dt>
          <code>method:gptq</code>
        </dt>
        <dd>a word in one of {Object.keys(table.coded).join(', ')}</dd>
        <dt>
          <code>bits&lt;=4 kept&gt;95</code>
        </dt>
        <dd>&lt;, &lt;=, &gt;, &gt;= or = with {numbersOf(table)}; what is kept in per cent</dd>
        <dt>
          <code>"16 bit"</code>
        </dt>
        <dd>words as they stand together</dd>
      </dl>
    </details>
  );
}

export function SearchNote({ table, search }: Props & { readonly search: string }): ReactNode {
  const [texts, numbers] = [Object.keys(table.coded), Object.keys(table.numbers)];
  const terms = misunderstood(search, texts, numbers);
  return (
    <p role="status" className={terms.length === 0 ? 'hidden-text' : 'search-note'}>
      {terms.map((term) => `“${term}” is looked for as a word. `)}
      {terms.length === 0
        ? null
        : `Fields of words, with a colon: ${texts.join(', ')}. Of numbers, with <, <=, >, >= or =: ${numbersOf(table)}.`}
    </p>
  );
}
