/** Above the rows: which rows, the search, what to show of them, and how to take them away. */
import { type ReactNode, useEffect, useRef } from 'react';
import type { EngineResult } from '../lib/board-engine.ts';
import { type BoardState, VIEWS, type View } from '../lib/board-state.ts';
import { countText } from '../lib/format.ts';
import type { LiveTable } from '../lib/payload.ts';
import type { Row } from '../lib/row-types.ts';
import { CopyLink } from './CopyLink.tsx';
import type { BoardColumn } from './columns.tsx';
import { SearchHelp, SearchNote } from './SearchHelp.tsx';
import { SortSelect } from './SortSelect.tsx';
import { saveView } from './view-file.ts';

const VIEW_TITLES: Readonly<Record<View, string>> = {
  recipes: 'Recipes',
  results: 'Every result',
  raw: 'Raw scores',
};

/** View that was just asked for, whose button takes the focus once it is there. */
let wanted: View | null = null;

interface Props {
  readonly state: BoardState;
  readonly setState: (state: BoardState) => void;
  readonly columns: readonly BoardColumn<Row>[];
  readonly table: LiveTable;
  readonly result: EngineResult;
  readonly sizes: Readonly<Record<View, number>>;
}

export function Toolbar({ state, setState, columns, table, result, sizes }: Props): ReactNode {
  return (
    <div className="toolbar">
      {/* biome-ignore lint/a11y/useSemanticElements: a switch between tables is no part of a form */}
      <div className="views" role="group" aria-label="What a row is">
        {VIEWS.map((view) => (
          <button
            key={view}
            type="button"
            className="button"
            aria-pressed={state.view === view}
            // The rows of the other view bring a bar of their own, in which the keyboard goes on where it was.
            ref={(button) => {
              if (button === null || wanted !== view) return;
              wanted = null;
              button.focus();
            }}
            onClick={() => {
              wanted = view;
              setState({ ...state, view, sort: [], columns: {} });
            }}
          >
            {VIEW_TITLES[view]}
            {view === 'raw' ? null : <span className="count"> {countText(sizes[view])}</span>}
          </button>
        ))}
      </div>
      <Search state={state} setState={setState} />
      <SearchHelp table={table} />
      <SortSelect state={state} setState={setState} columns={columns} table={table} />
      <ColumnMenu state={state} setState={setState} columns={columns} />
      <CopyLink />
      {/* biome-ignore lint/a11y/useSemanticElements: two buttons are no part of a form */}
      <div className="views files" role="group" aria-label="The rows in view as a file">
        {(['csv', 'json'] as const).map((format) => (
          <button
            key={format}
            type="button"
            className="button"
            onClick={() => saveView(format, state, columns, table, result)}
          >
            {format.toUpperCase()}
          </button>
        ))}
      </div>
      <Matches state={state} setState={setState} result={result} />
      <SearchNote table={table} search={state.search} />
    </div>
  );
}

function Matches({ state, setState, result }: Pick<Props, 'state' | 'setState' | 'result'>): ReactNode {
  const { matches, pinned } = result;
  return (
    <p className="matches">
      <span role="status">
        {countText(matches)} {matches === 1 ? 'row' : 'rows'}
        {pinned === 0 ? '' : `, ${pinned} pinned`}
      </span>
      {state.pins.length === 0 ? null : (
        <button type="button" className="link" onClick={() => setState({ ...state, pins: [] })}>
          Unpin all
        </button>
      )}
    </p>
  );
}

function Search({ state, setState }: Pick<Props, 'state' | 'setState'>): ReactNode {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (event.key !== '/' || /^(input|select|textarea)$/i.test(target.tagName)) return;
      event.preventDefault();
      input.current?.focus();
    };
    addEventListener('keydown', focus);
    return () => removeEventListener('keydown', focus);
  }, []);
  return (
    <input
      ref={input}
      type="search"
      className="field search"
      aria-label="Search"
      aria-keyshortcuts="/"
      placeholder="Search: llama gptq bits<=3 kept>90"
      maxLength={200}
      value={state.search}
      onChange={(event) => setState({ ...state, search: event.target.value.trimStart() })}
    />
  );
}

function ColumnMenu({ state, setState, columns }: Pick<Props, 'state' | 'setState' | 'columns'>): ReactNode {
  const toggle = ({ id, shown }: BoardColumn<Row>) => {
    const { [id]: changed, ...others } = state.columns;
    setState({ ...state, columns: changed === undefined ? { ...others, [id]: !shown } : others });
  };
  return (
    <details className="menu" data-closes="">
      <summary className="button">Columns</summary>
      <fieldset>
        <legend className="hidden-text">Columns</legend>
        {columns.map((column) => (
          <label key={column.id} className="option" title={column.about}>
            <input
              type="checkbox"
              checked={state.columns[column.id] ?? column.shown}
              onChange={() => toggle(column)}
            />
            <span>{column.header}</span>
          </label>
        ))}
      </fieldset>
    </details>
  );
}
