/** Results one by one, those that belong together under one heading: plain HTML for pages that need no script. */
// biome-ignore-all lint/a11y/noRedundantRoles: on a phone rows are cards, and `display` other than that of tables takes roles away.
// biome-ignore-all lint/a11y/useSemanticElements: as above.
import { memo, type ReactNode } from 'react';
import { type Evidence, SCORES } from '../lib/evidence.ts';
import type { ResultRow } from '../lib/row-types.ts';
import type { BoardColumn } from './columns.tsx';
import { RowCells } from './RowCells.tsx';
import { RESULT_COLUMNS } from './result-columns.tsx';

type Column = BoardColumn<ResultRow>;

interface Props {
  readonly rows: readonly ResultRow[];
  readonly evidence: Evidence;
  readonly caption: string;
}

/** Every row carries its id as an anchor, every group the anchor that the board of recipes links to. */
export function EvidenceTable({ rows, evidence, caption }: Props): ReactNode {
  const columns = evidence.columns.map(columnOf);
  const scores = evidence.columns.indexOf(SCORES[0]!);
  const [before, after] = [columns.slice(0, scores), columns.slice(scores + SCORES.length)];
  const head = evidence.head.map(columnOf);
  return (
    <table role="table" className="evidence">
      <caption>{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map(({ id, header, numeric, about }) => (
            <th
              key={id}
              role="columnheader"
              scope="col"
              title={about}
              className={numeric ? 'num' : undefined}
            >
              {header}
            </th>
          ))}
        </tr>
      </thead>
      {groupsOf(rows, evidence).map((group) => (
        <tbody key={group.anchor} role="rowgroup" id={group.anchor}>
          <tr role="row" className="group">
            <th role="rowheader" scope="rowgroup" colSpan={columns.length}>
              {head.map((column) => (
                <HeadCell key={column.id} column={column} rows={group.rows} />
              ))}
            </th>
          </tr>
          {group.rows.map((row) => (
            <tr key={row.id} role="row" id={row.id}>
              <RowCells row={row} columns={before} />
              <ScoreCells row={row} />
              <RowCells row={row} columns={after} />
            </tr>
          ))}
        </tbody>
      ))}
    </table>
  );
}

/** Most of a row, and the same on the pages of its model, its method and its task: made once. */
const ScoreCells = memo(
  ({ row }: { readonly row: ResultRow }): ReactNode => <RowCells row={row} columns={SCORE_COLUMNS} />,
);

/** Shorter in a heading than above a column. */
const HEADS: Readonly<Record<string, string>> = { labels: 'there:', bpw: 'true bits' };

/** What a source does not say is left out of a heading. */
function HeadCell({
  column,
  rows,
}: {
  readonly column: Column;
  readonly rows: readonly ResultRow[];
}): ReactNode {
  const row = rows.find((one) => column.text(one) !== null);
  if (row === undefined) return null;
  return (
    <span className={`h-${column.id}`}>
      {column.label ? <span className="muted">{HEADS[column.id] ?? column.header} </span> : null}
      {column.cell(row)}
    </span>
  );
}

function columnOf(id: string): Column {
  const column = RESULT_COLUMNS.find((one) => one.id === id);
  if (column === undefined) throw new Error(`[site] the board of results has no column "${id}".`);
  return column;
}

const SCORE_COLUMNS = SCORES.map(columnOf);

interface Group {
  readonly anchor: string;
  readonly rows: ResultRow[];
}

/** Rows arrive in order; a group that comes back later on the page gets an anchor of its own. */
function groupsOf(rows: readonly ResultRow[], { together }: Evidence): readonly Group[] {
  const groups: Group[] = [];
  const seen = new Map<string, number>();
  let last = '';
  for (const row of rows) {
    const name = together(row);
    if (name === last) {
      groups.at(-1)!.rows.push(row);
      continue;
    }
    last = name;
    const times = seen.get(name) ?? 0;
    seen.set(name, times + 1);
    groups.push({ anchor: times === 0 ? name : `${name}~${times + 1}`, rows: [row] });
  }
  return groups;
}
