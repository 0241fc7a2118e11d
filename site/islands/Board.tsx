/**
 * The live board. Until its data is there it shows the static page that it was given, so that nothing moves or waits;
 * from then on it filters, searches and sorts every row, with all of its state in the address.
 */
import { type ReactNode, useDeferredValue, useMemo } from 'react';
import { runBoard } from '../lib/board-engine.ts';
import { type BoardState, type View, withFacet } from '../lib/board-state.ts';
import type { LiveTable as Table } from '../lib/payload.ts';
import { pinnedRows } from '../lib/pins.ts';
import type { Row } from '../lib/row-types.ts';
import { ActiveFilters } from './ActiveFilters.tsx';
import type { BoardColumn } from './columns.tsx';
import { Facets } from './Facets.tsx';
import { LiveTable } from './LiveTable.tsx';
import { RAW_COLUMNS, RawKey } from './raw-columns.tsx';
import { RECIPE_COLUMNS } from './recipe-columns.tsx';
import { RESULT_COLUMNS } from './result-columns.tsx';
import { Toolbar } from './Toolbar.tsx';
import { useBoardState } from './use-board-state.ts';
import { useLiveTable } from './use-live-table.ts';

interface Props {
  /** Where the rows of each view are fetched. */
  readonly data: Readonly<Record<View, string>>;
  /** How many rows each view holds. */
  readonly sizes: Readonly<Record<View, number>>;
  /** The static board. */
  readonly children?: ReactNode;
}

/** Each view's columns take the rows of that view, which is what its payload decodes to. */
export const COLUMNS = {
  recipes: RECIPE_COLUMNS as unknown as readonly BoardColumn<Row>[],
  results: RESULT_COLUMNS as unknown as readonly BoardColumn<Row>[],
  raw: RAW_COLUMNS as unknown as readonly BoardColumn<Row>[],
} as const;

export default function Board({ data, sizes, children }: Props): ReactNode {
  const [state, setState] = useBoardState();
  const loaded = useLiveTable(data[state.view]);
  if (loaded.status === 'failed') {
    return (
      <>
        <p className="flag" role="alert">
          The full board could not be loaded ({loaded.reason}). The first rows and all pages below still work.
        </p>
        {children}
      </>
    );
  }
  if (loaded.table === null) return children;
  return <Loaded key={state.view} state={state} setState={setState} table={loaded.table} sizes={sizes} />;
}

interface LoadedProps {
  readonly state: BoardState;
  readonly setState: (state: BoardState) => void;
  readonly table: Table;
  readonly sizes: Props['sizes'];
}

function Loaded({ state, setState, table, sizes }: LoadedProps): ReactNode {
  // Typing stays immediate: the rows may follow a moment later.
  const settled = useDeferredValue(state);
  const result = useMemo(() => {
    const asked = applied(settled);
    return runBoard(table, asked, pinnedRows(table, asked.pins, asked.filters.ability));
  }, [table, settled]);
  const columns = COLUMNS[state.view];
  return (
    <div className="board">
      <Toolbar
        state={state}
        setState={setState}
        columns={columns}
        table={table}
        result={result}
        sizes={sizes}
      />
      <div className="board-body">
        <Facets state={state} setState={setState} table={table} result={result} />
        <div className="board-main">
          <ActiveFilters state={state} setState={setState} table={table} />
          {state.view === 'raw' ? <RawKey /> : null}
          <LiveTable state={state} setState={setState} columns={columns} table={table} result={result} />
        </div>
      </div>
    </div>
  );
}

/** Recipes are shown over all abilities unless the reader asks for one. */
function applied(state: BoardState): BoardState {
  return state.view === 'recipes' && state.filters.ability === undefined
    ? withFacet(state, 'ability', ['all'])
    : state;
}
