import { type ReactNode, useState } from 'react';
import { type BoardState, type Facet as FacetId, toggleValue } from '../lib/board-state.ts';
import { countText } from '../lib/format.ts';
import { valueLabel } from './value-label.ts';

interface Props {
  readonly facet: FacetId;
  readonly title: string;
  readonly values: readonly { readonly id: string; readonly label: string; readonly search: string }[];
  readonly counts: Uint32Array;
  readonly isOpen: boolean;
  readonly state: BoardState;
  readonly setState: (state: BoardState) => void;
}

const SHORT = 7;
const FIND_FROM = 16;

/** One facet: its values with counts, the commonest first; values that would leave nothing are dimmed. */
export function Facet({ facet, title, values, counts, isOpen, state, setState }: Props): ReactNode {
  const [all, setAll] = useState(false);
  const [find, setFind] = useState('');
  const chosen = state.filters[facet] ?? (facet === 'ability' && state.view === 'recipes' ? ['all'] : []);
  const sorted = values
    .map((value, code) => ({ ...value, count: counts[code]!, isChosen: chosen.includes(value.id) }))
    .filter(({ search, isChosen }) => isChosen || search.includes(find.toLowerCase()))
    .sort((a, b) => Number(b.isChosen) - Number(a.isChosen) || compare(facet, a, b));
  const shown = all || find !== '' ? sorted : sorted.slice(0, Math.max(SHORT, chosen.length));
  return (
    <details className="facet" open={isOpen || state.filters[facet] !== undefined}>
      <summary>
        {title} <span className="muted">{values.length}</span>
      </summary>
      <fieldset>
        <legend className="hidden-text">{title}</legend>
        {values.length >= FIND_FROM ? (
          <input
            type="search"
            className="field facet-find"
            placeholder="Find…"
            aria-label={`Find in ${title}`}
            value={find}
            onChange={(event) => setFind(event.target.value)}
          />
        ) : null}
        {shown.map(({ id, label, count, isChosen }) => (
          <label key={id} className={count === 0 && !isChosen ? 'option dead' : 'option'}>
            <input
              type="checkbox"
              checked={isChosen}
              onChange={() => setState(toggleValue(state, facet, id))}
            />
            <span>{valueLabel(facet, id, label)}</span>
            <span className="count">{countText(count)}</span>
          </label>
        ))}
        {sorted.length > shown.length || all ? (
          <button type="button" className="link" onClick={() => setAll(!all)}>
            {all ? 'Fewer' : `All ${sorted.length}`}
          </button>
        ) : null}
      </fieldset>
    </details>
  );
}

interface Counted {
  readonly id: string;
  readonly count: number;
}

function compare(facet: FacetId, a: Counted, b: Counted): number {
  return facet === 'bits' ? Number(b.id) - Number(a.id) : b.count - a.count;
}
