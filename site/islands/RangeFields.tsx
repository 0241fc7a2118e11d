import type { ReactNode } from 'react';
import { RANGES, type Range, type RangeId, rangeOf } from '../lib/board-ranges.ts';
import { type BoardState, withRange } from '../lib/board-state.ts';
import type { LiveTable } from '../lib/payload.ts';

export const RANGE_TITLES: Readonly<Record<RangeId, string>> = {
  bpw: 'True bits per weight',
  params: 'Parameters, billions',
  size: 'Size, GB',
};

interface Props {
  readonly state: BoardState;
  readonly setState: (state: BoardState) => void;
  readonly table: LiveTable;
}

/** Two numbers for each quantity that rows can lie between; a row of which it is not known lies nowhere. */
export function RangeFields({ state, setState, table }: Props): ReactNode {
  const known = RANGES.filter((id) => table.numbers[id] !== undefined);
  return known.map((id) => (
    <fieldset key={id} className="range">
      <legend>{RANGE_TITLES[id]}</legend>
      <End id={id} end="low" state={state} setState={setState} />
      <span aria-hidden="true">–</span>
      <End id={id} end="high" state={state} setState={setState} />
    </fieldset>
  ));
}

interface EndProps extends Pick<Props, 'state' | 'setState'> {
  readonly id: RangeId;
  readonly end: keyof Range;
}

function End({ id, end, state, setState }: EndProps): ReactNode {
  const text = (one: keyof Range) => String(state.ranges[id]?.[one] ?? '');
  const change = (typed: string) =>
    setState(
      withRange(state, id, end === 'low' ? rangeOf(typed, text('high')) : rangeOf(text('low'), typed)),
    );
  return (
    <input
      type="number"
      className="field"
      min="0"
      step="any"
      placeholder={end === 'low' ? 'from' : 'to'}
      aria-label={`${RANGE_TITLES[id]}, ${end === 'low' ? 'from' : 'to'}`}
      value={text(end)}
      onChange={(event) => change(event.target.value)}
    />
  );
}
