/** The rows in view, of any number: columns and sorting by TanStack Table, the window by TanStack Virtual. */
import {
  type ColumnDef,
  columnVisibilityFeature,
  rowSortingFeature,
  tableFeatures,
  useTable,
} from '@tanstack/react-table';
import { useVirtualizer, type VirtualItem } from '@tanstack/react-virtual';
import { type CSSProperties, type ReactNode, useEffect, useMemo, useRef } from 'react';
import type { BoardState } from '../lib/board-state.ts';
import type { LiveTable as Table } from '../lib/payload.ts';
import type { Row } from '../lib/row-types.ts';
import type { BoardColumn } from './columns.tsx';
import { HeaderCell } from './HeaderCell.tsx';
import { RowCells } from './RowCells.tsx';

const features = tableFeatures({ columnVisibilityFeature, rowSortingFeature });

interface Props {
  readonly state: BoardState;
  readonly setState: (state: BoardState) => void;
  readonly columns: readonly BoardColumn<Row>[];
  readonly table: Table;
  /** Rows to show, in order. */
  readonly order: Uint32Array;
}

export function LiveTable({ state, setState, columns, table, order }: Props): ReactNode {
  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: order.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 38,
    overscan: 10,
    initialRect: { width: 1000, height: 700 },
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new order starts at its top
  useEffect(() => {
    scroller.current?.scrollTo({ top: 0 });
  }, [order]);
  const items = virtualizer.getVirtualItems();
  const rows = items.map(({ index }) => table.row(order[index]!));
  const live = useColumns(state, setState, columns, table, rows);
  const shown = live.getVisibleLeafColumns().map(({ id }) => columns.find((column) => column.id === id)!);
  const after = virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="table-scroll cards live" ref={scroller} tabIndex={0} aria-label="Rows">
      <table
        role="table"
        aria-rowcount={order.length + 1}
        style={{ '--table-width': `${width(shown)}px` } as CSSProperties}
      >
        <caption className="hidden-text">{`${order.length} rows`}</caption>
        <colgroup>
          {shown.map(({ id, width }) => (
            <col key={id} style={{ width }} />
          ))}
        </colgroup>
        <thead role="rowgroup">
          <tr role="row" aria-rowindex={1}>
            {live.getFlatHeaders().map(({ column }) => (
              <HeaderCell
                key={column.id}
                column={columns.find(({ id }) => id === column.id)!}
                sorted={column.getIsSorted()}
                onSort={column.getCanSort() ? column.getToggleSortingHandler() : undefined}
              />
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          <Spacer height={items[0]?.start ?? 0} span={shown.length} />
          {live.getRowModel().rows.map((row, place) => (
            <tr
              key={items[place]!.key}
              role="row"
              aria-rowindex={items[place]!.index + 2}
              data-index={items[place]!.index}
              ref={virtualizer.measureElement}
            >
              <RowCells row={row.original} columns={shown} />
            </tr>
          ))}
          <Spacer height={after} span={shown.length} />
        </tbody>
      </table>
      {order.length === 0 ? (
        <p className="board-empty">No row matches. Remove a filter to see more.</p>
      ) : null}
    </section>
  );
}

/** The table's columns, their visibility and sorting: state lives in the address, TanStack turns clicks into changes. */
function useColumns(
  state: BoardState,
  setState: (state: BoardState) => void,
  columns: readonly BoardColumn<Row>[],
  table: Table,
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

function isSortable({ id }: BoardColumn<Row>, table: Table): boolean {
  return table.numbers[id] !== undefined || table.coded[id] !== undefined;
}

function width(columns: readonly BoardColumn<Row>[]): number {
  return columns.reduce((sum, column) => sum + column.width, 0);
}

/** Stands for the rows above or below the window. */
function Spacer({
  height,
  span,
}: {
  readonly height: VirtualItem['start'];
  readonly span: number;
}): ReactNode {
  return height <= 0 ? null : (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: an empty row takes no focus
    <tr className="spacer" aria-hidden="true">
      <td colSpan={span} style={{ height }} />
    </tr>
  );
}
