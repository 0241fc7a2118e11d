/** The table's columns, their visibility and sorting: state lives in the address, TanStack turns clicks into changes. */
import {
  type ColumnDef,
  columnVisibilityFeature,
  rowSortingFeature,
  tableFeatures,
  useTable,
} from '@tanstack/react-table';
import { useMemo } from 'react';
import type { BoardState } from '../lib/board-state.ts';
import type { LiveTable } from '../lib/payload.ts';
import type { Row } from '../lib/row-types.ts';
import type { BoardColumn } from './columns.tsx';

const features = tableFeatures({ columnVisibilityFeature, rowSortingFeature });

export function useColumns(
  state: BoardState,
  setState: (state: BoardState) => void,
  columns: readonly BoardColumn<Row>[],
  table: LiveTable,
  data: Row[],
) {
  const oneTask = state.filters.task?.length === 1;
  const definitions = useMemo(
    () =>
      columns.map(
        (column): ColumnDef<typeof features, Row> => ({
          id: column.id,
          header: column.header,
          accessorFn: (row): unknown => column.text(row),
          sortDescFirst: column.numeric === true,
          enableSorting: isSortable(column, table) && (oneTask || !column.ofOneTask),
        }),
      ),
    [columns, table, oneTask],
  );
  return useTable({
    features,
    columns: definitions,
    data,
    manualSorting: true,
    state: {
      columnVisibility: Object.fromEntries(columns.map(({ id, shown }) => [id, state.columns[id] ?? shown])),
      sorting: state.sort.map(({ column, descending }) => ({ id: column, desc: descending })),
    },
    onSortingChange: (change) => {
      const before = state.sort.map(({ column, descending }) => ({ id: column, desc: descending }));
      const after = typeof change === 'function' ? change(before) : change;
      setState({ ...state, sort: after.map(({ id, desc }) => ({ column: id, descending: desc })) });
    },
  });
}

function isSortable({ id }: BoardColumn<Row>, table: LiveTable): boolean {
  return table.numbers[id] !== undefined || table.coded[id] !== undefined;
}
