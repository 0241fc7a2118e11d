/** A table of rows as plain HTML: what a page holds before, and without, any script. */
import type { ReactNode } from 'react';
import type { RecipeRow, ResultRow, Row } from '../lib/row-types.ts';
import type { BoardColumn } from './columns.tsx';
import { RowCells } from './RowCells.tsx';
import { RECIPE_COLUMNS } from './recipe-columns.tsx';
import { RESULT_COLUMNS } from './result-columns.tsx';

interface Props<R extends Row> {
  readonly rows: readonly R[];
  readonly caption: ReactNode;
  /** Columns to leave out, such as the model on a model's own page. */
  readonly without?: readonly string[];
  /** Columns to add to those shown by default. */
  readonly and?: readonly string[];
  /** What other pages link to: the first row of a recipe by a source (`key`), or every row (`id`). */
  readonly anchors?: 'key' | 'id';
}

export function RecipeTable(props: Props<RecipeRow>): ReactNode {
  return <StaticTable {...props} columns={RECIPE_COLUMNS} />;
}

export function ResultTable(props: Props<ResultRow>): ReactNode {
  return <StaticTable {...props} columns={RESULT_COLUMNS} />;
}

function StaticTable<R extends Row>({
  rows,
  caption,
  columns,
  without = [],
  and = [],
  anchors,
}: Props<R> & { readonly columns: readonly BoardColumn<R>[] }): ReactNode {
  const shown = columns.filter(({ id, shown }) => (shown && !without.includes(id)) || and.includes(id));
  return (
    <table role="table">
      <caption>{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {shown.map(({ id, header, numeric }) => (
            <th key={id} role="columnheader" scope="col" className={`c-${id}${numeric ? ' num' : ''}`}>
              {header}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the rows of a page never change
          <tr key={index} role="row" id={anchor(row, rows[index - 1], anchors)}>
            <RowCells row={row} columns={shown} />
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function anchor(row: Row, before: Row | undefined, anchors: 'key' | 'id' | undefined): string | undefined {
  if (row.kind !== 'result' || anchors === undefined) return undefined;
  if (anchors === 'id') return row.id;
  return row.key === before?.key ? undefined : row.key;
}
