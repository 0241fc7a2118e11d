import type { ReactNode } from 'react';
import { encodeRange, RANGES } from '../lib/board-ranges.ts';
import { type BoardState, DEFAULT_STATE, FACETS, toggleValue, withRange } from '../lib/board-state.ts';
import type { LiveTable } from '../lib/payload.ts';
import { FACET_TITLES } from './Facets.tsx';
import { RANGE_TITLES } from './RangeFields.tsx';
import { valueLabel } from './value-label.ts';

interface Props {
  readonly state: BoardState;
  readonly setState: (state: BoardState) => void;
  readonly table: LiveTable;
}

/** Every choice in force, each a button that takes it back. */
export function ActiveFilters({ state, setState, table }: Props): ReactNode {
  const active = FACETS.flatMap((facet) => (state.filters[facet] ?? []).map((id) => ({ facet, id })));
  const ranges = RANGES.filter((id) => state.ranges[id] !== undefined && table.numbers[id] !== undefined);
  if (active.length + ranges.length === 0) return null;
  const label = (facet: (typeof FACETS)[number], id: string) =>
    valueLabel(facet, id, table.coded[facet]?.values.find((value) => value.id === id)?.label ?? id);
  return (
    <ul className="active" aria-label="Filters in force">
      {active.map(({ facet, id }) => (
        <li key={`${facet} ${id}`}>
          <button type="button" className="button" onClick={() => setState(toggleValue(state, facet, id))}>
            <span className="muted">{FACET_TITLES[facet]}</span> {label(facet, id)}{' '}
            <span aria-hidden="true">×</span>
            <span className="hidden-text">remove this filter</span>
          </button>
        </li>
      ))}
      {ranges.map((id) => (
        <li key={id}>
          <button type="button" className="button" onClick={() => setState(withRange(state, id, null))}>
            <span className="muted">{RANGE_TITLES[id]}</span> {encodeRange(state.ranges[id]!)}{' '}
            <span aria-hidden="true">×</span>
            <span className="hidden-text">remove this filter</span>
          </button>
        </li>
      ))}
      <li>
        <button
          type="button"
          className="link"
          onClick={() => setState({ ...DEFAULT_STATE, view: state.view, pins: state.pins })}
        >
          Clear all
        </button>
      </li>
    </ul>
  );
}
