import type { ReactNode } from 'react';
import type { Row } from '../lib/row-types.ts';
import type { BoardColumn } from './columns.tsx';

interface Props {
  readonly column: BoardColumn<Row>;
  readonly sorted: false | 'asc' | 'desc';
  /** Undefined where the column cannot be sorted. */
  readonly onSort: ((event: unknown) => void) | undefined;
}

const ARIA = { asc: 'ascending', desc: 'descending' } as const;
const ARROWS = { asc: '▲', desc: '▼' } as const;

/** A column's name, and the button that sorts by it. */
export function HeaderCell({ column, sorted, onSort }: Props): ReactNode {
  const why = column.ofOneTask ? `${column.about} Choose one task to sort by it.` : column.about;
  return (
    <th
      role="columnheader"
      scope="col"
      className={`c-${column.id}${column.numeric ? ' num' : ''}`}
      aria-sort={sorted === false ? undefined : ARIA[sorted]}
      title={onSort === undefined ? why : column.about}
    >
      {onSort === undefined ? (
        column.header
      ) : (
        <button type="button" className="sort" onClick={onSort}>
          {column.header}
          <span aria-hidden="true" className={sorted === false ? 'arrow idle' : 'arrow'}>
            {sorted === false ? '▼' : ARROWS[sorted]}
          </span>
        </button>
      )}
    </th>
  );
}
