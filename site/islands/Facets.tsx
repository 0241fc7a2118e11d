/** What the board can be narrowed by, with how many rows each choice leaves: beside the table, or in a sheet on a phone. */
import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { EngineResult } from '../lib/board-engine.ts';
import type { BoardState, Facet as FacetId } from '../lib/board-state.ts';
import { countText } from '../lib/format.ts';
import type { LiveTable } from '../lib/payload.ts';
import { Facet } from './Facet.tsx';
import { RangeFields } from './RangeFields.tsx';

export const FACET_TITLES: Readonly<Record<FacetId, string>> = {
  family: 'Family',
  model: 'Model',
  method: 'Method',
  tensor: 'Compressed',
  bits: 'Bits',
  ability: 'Ability',
  task: 'Task',
  source: 'Source',
  origin: 'Origin',
};

const OPEN: readonly FacetId[] = ['model', 'method', 'bits', 'ability'];
const ORDER: readonly FacetId[] = [
  'model',
  'method',
  'bits',
  'ability',
  'tensor',
  'family',
  'task',
  'source',
  'origin',
];

interface Props {
  readonly state: BoardState;
  readonly setState: (state: BoardState) => void;
  readonly table: LiveTable;
  readonly result: EngineResult;
}

export function Facets(props: Props): ReactNode {
  const isPhone = useIsPhone();
  return isPhone ? (
    <Sheet {...props} />
  ) : (
    <aside className="facets" aria-label="Filters">
      <List {...props} />
    </aside>
  );
}

function List(props: Props): ReactNode {
  return (
    <>
      <Choices {...props} />
      <RangeFields state={props.state} setState={props.setState} table={props.table} />
    </>
  );
}

function Choices({ state, setState, table, result }: Props): ReactNode {
  return ORDER.map((facet) => {
    const column = table.coded[facet];
    const count = result.counts[facet];
    if (facet === 'task' && state.view === 'recipes')
      return <TaskHint key={facet} state={state} setState={setState} />;
    if (column === undefined || count === undefined) return null;
    return (
      <Facet
        key={facet}
        facet={facet}
        title={FACET_TITLES[facet]}
        values={column.values}
        counts={count}
        isOpen={OPEN.includes(facet)}
        state={state}
        setState={setState}
      />
    );
  });
}

/** A recipe is a mean over tasks; single tasks are among the results. */
function TaskHint({ state, setState }: Pick<Props, 'state' | 'setState'>): ReactNode {
  return (
    <p className="facet-hint">
      <button type="button" className="link" onClick={() => setState({ ...state, view: 'results' })}>
        Choose single tasks among all results
      </button>
    </p>
  );
}

function Sheet(props: Props): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const chosen = Object.values(props.state.filters).reduce(
    (sum, values) => sum + values.length,
    Object.keys(props.state.ranges).length,
  );
  return (
    <>
      <button type="button" className="button sheet-open" onClick={() => dialog.current?.showModal()}>
        Filters{chosen === 0 ? '' : ` (${chosen})`}
      </button>
      <dialog ref={dialog} className="sheet" aria-label="Filters">
        <div className="sheet-head">
          <h2>Filters</h2>
          <button type="button" className="button" onClick={() => dialog.current?.close()}>
            Show {countText(props.result.matches)} rows
          </button>
        </div>
        <div className="facets">
          <List {...props} />
        </div>
      </dialog>
    </>
  );
}

const PHONE = '(max-width: 860px)';

function useIsPhone(): boolean {
  const [isPhone, setIsPhone] = useState(() => matchMedia(PHONE).matches);
  useEffect(() => {
    const query = matchMedia(PHONE);
    const follow = () => setIsPhone(query.matches);
    query.addEventListener('change', follow);
    return () => query.removeEventListener('change', follow);
  }, []);
  return isPhone;
}
