/** The cells of one row, the same on a static page and in the live board. */
import type { ReactNode } from 'react';
import type { Row } from '../lib/row-types.ts';
import type { BoardColumn } from './columns.tsx';

interface Props<R extends Row> {
  readonly row: R;
  readonly columns: readonly BoardColumn<R>[];
}

export function RowCells<R extends Row>({ row, columns }: Props<R>): ReactNode {
  return columns.map((column) => (
    <td
      key={column.id}
      role="cell"
      className={className(column)}
      data-label={column.label ? column.header : undefined}
    >
      {column.cell(row)}
    </td>
  ));
}

function className<R extends Row>({ id, numeric, wide }: BoardColumn<R>): string {
  return `c-${id}${numeric ? ' num' : ''}${wide ? ' wide' : ''}`;
}
