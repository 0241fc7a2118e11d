import type { ReactNode } from 'react';
import type { BoardState } from '../lib/board-state.ts';
import type { LiveTable } from '../lib/payload.ts';
import type { Row } from '../lib/row-types.ts';
import type { BoardColumn } from './columns.tsx';

interface Props {
  readonly state: BoardState;
  readonly setState: (state: BoardState) => void;
  readonly columns: readonly BoardColumn<Row>[];
  readonly table: LiveTable;
}

/** Sorting for cards, which have no header row to click. */
export function SortSelect({ state, setState, columns, table }: Props): ReactNode {
  const oneTask = state.filters.task?.length === 1;
  const sortable = columns.filter(
    ({ id, ofOneTask }) => (table.numbers[id] ?? table.coded[id]) !== undefined && (oneTask || !ofOneTask),
  );
  const [first] = state.sort;
  const value = first === undefined ? '' : `${first.descending ? '-' : ''}${first.column}`;
  const choose = (choice: string) => {
    const column = choice.replace(/^-/, '');
    setState({ ...state, sort: choice === '' ? [] : [{ column, descending: choice.startsWith('-') }] });
  };
  return (
    <select
      className="field sort-select"
      aria-label="Sort by"
      value={value}
      onChange={(event) => choose(event.target.value)}
    >
      <option value="">Board order</option>
      {sortable.map(({ id, header }) => [
        <option key={`-${id}`} value={`-${id}`}>{`${header}, highest first`}</option>,
        <option key={id} value={id}>{`${header}, lowest first`}</option>,
      ])}
    </select>
  );
}
