/** The rows in view, of any number: pinned rows on top, then the others, of which TanStack Virtual draws those in sight. */
import { defaultRangeExtractor, useVirtualizer, type VirtualItem } from '@tanstack/react-virtual';
import {
  type CSSProperties,
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
  useEffect,
  useRef,
} from 'react';
import type { EngineResult } from '../lib/board-engine.ts';
import { type BoardState, encodeState } from '../lib/board-state.ts';
import type { LiveTable as Table } from '../lib/payload.ts';
import type { Row } from '../lib/row-types.ts';
import type { BoardColumn } from './columns.tsx';
import { HeaderCell } from './HeaderCell.tsx';
import { PIN_WIDTH, PinCell } from './PinCell.tsx';
import { RowCells } from './RowCells.tsx';
import { useColumns } from './use-columns.ts';
import { usePinning } from './use-pinning.ts';

/** More pinned rows than this scroll with the others, which they would cover. */
const MOST_STUCK = 5;

interface Props {
  readonly state: BoardState;
  readonly setState: (state: BoardState) => void;
  readonly columns: readonly BoardColumn<Row>[];
  readonly table: Table;
  readonly result: EngineResult;
}

export function LiveTable({ state, setState, columns, table, result }: Props): ReactNode {
  const { order, pinned } = result;
  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useRows(scroller, order.length, pinned);
  useTopOf(scroller, state);
  const items = virtualizer.getVirtualItems();
  const rows = items.map(({ index }) => table.row(order[index]!));
  const live = useColumns(state, setState, columns, table, rows);
  const shown = live.getVisibleLeafColumns().map(({ id }) => columns.find((column) => column.id === id)!);
  const pinning = usePinning(scroller, state, setState, order);
  const drawn = live.getRowModel().rows.map((row, place) => (
    <tr
      key={items[place]!.key}
      role="row"
      aria-rowindex={items[place]!.index + 2}
      data-index={items[place]!.index}
      ref={virtualizer.measureElement}
    >
      <PinCell row={row.original} pins={state.pins} toggle={pinning.toggle} />
      <RowCells row={row.original} columns={shown} />
    </tr>
  ));
  return (
    <Scroller ref={scroller} onKeyDown={pinning.onKeyDown}>
      <table role="table" aria-rowcount={order.length + 1} style={tableStyle(shown)}>
        <caption className="hidden-text">{`${order.length} rows`}</caption>
        <Head headers={live.getFlatHeaders().map(({ column }) => column)} columns={shown} />
        {pinned === 0 ? null : (
          <tbody role="rowgroup" className={pinned <= MOST_STUCK ? 'pinned stuck' : 'pinned'}>
            {drawn.slice(0, pinned)}
          </tbody>
        )}
        <tbody role="rowgroup">
          <Spacer height={(items[pinned]?.start ?? 0) - endOf(items[pinned - 1])} span={shown.length + 1} />
          {drawn.slice(pinned)}
          <Spacer height={virtualizer.getTotalSize() - endOf(items.at(-1))} span={shown.length + 1} />
        </tbody>
      </table>
      {result.matches === 0 ? (
        <p className="board-empty">No row matches. Remove a filter to see more.</p>
      ) : null}
    </Scroller>
  );
}

/** Which rows to draw: those in sight, and always those on top. */
function useRows(scroller: RefObject<HTMLElement | null>, count: number, pinned: number) {
  return useVirtualizer<HTMLElement, HTMLTableRowElement>({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => 38,
    overscan: 10,
    initialRect: { width: 1000, height: 700 },
    rangeExtractor: (range) => [...new Set([...Array(pinned).keys(), ...defaultRangeExtractor(range)])],
  });
}

interface ScrollerProps {
  readonly ref: RefObject<HTMLDivElement | null>;
  readonly onKeyDown: (event: KeyboardEvent) => void;
  readonly children: ReactNode;
}

function Scroller({ ref, onKeyDown, children }: ScrollerProps): ReactNode {
  return (
    <section
      className="table-scroll cards live"
      ref={ref}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
      aria-label="Rows"
      onKeyDown={onKeyDown}
    >
      {children}
    </section>
  );
}

interface Header extends Pick<BoardColumn<Row>, 'id'> {
  readonly getIsSorted: () => false | 'asc' | 'desc';
  readonly getCanSort: () => boolean;
  readonly getToggleSortingHandler: () => ((event: unknown) => void) | undefined;
}

interface HeadProps {
  readonly headers: readonly Header[];
  readonly columns: readonly BoardColumn<Row>[];
}

function Head({ headers, columns }: HeadProps): ReactNode {
  return (
    <>
      <colgroup>
        <col style={{ width: PIN_WIDTH }} />
        {columns.map(({ id, width }) => (
          <col key={id} style={{ width }} />
        ))}
      </colgroup>
      <thead role="rowgroup">
        <tr role="row" aria-rowindex={1}>
          <th role="columnheader" scope="col" className="c-pin">
            <span className="hidden-text">Pin</span>
          </th>
          {headers.map((header) => (
            <HeaderCell
              key={header.id}
              column={columns.find(({ id }) => id === header.id)!}
              sorted={header.getIsSorted()}
              onSort={header.getCanSort() ? header.getToggleSortingHandler() : undefined}
            />
          ))}
        </tr>
      </thead>
    </>
  );
}

function endOf(item: VirtualItem | undefined): number {
  return item?.end ?? 0;
}

function tableStyle(columns: readonly BoardColumn<Row>[]): CSSProperties {
  const width = columns.reduce((sum, column) => sum + column.width, PIN_WIDTH);
  return { '--table-width': `${width}px` } as CSSProperties;
}

/** Goes to the first row when another view is asked for; a row that is pinned moves nothing else. */
function useTopOf(scroller: { readonly current: HTMLElement | null }, state: BoardState): void {
  const asked = encodeState({ ...state, pins: [] });
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is asked for is when, not what
  useEffect(() => {
    scroller.current?.scrollTo({ top: 0 });
  }, [asked]);
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
