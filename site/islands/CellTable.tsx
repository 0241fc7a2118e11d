/** Every cell of a run: its settings and metrics, or the error that it ended with. Plain HTML, thousands of rows of it. */
import type { ReactNode } from 'react';
import type { Method } from '../lib/catalogue.ts';
import { bitsText, countText, durationText, NONE, valueText } from '../lib/format.ts';
import { type CellMetric, settingsText } from '../lib/run-record.ts';
import { href } from '../lib/url.ts';
import { Chips, Kept, Mark } from './cells.tsx';

interface Props {
  readonly cells: readonly CellMetric[];
  readonly methods: ReadonlyMap<string, Method>;
}

const COLUMNS = [
  ['Recipe', false],
  ['Task and settings', false],
  ['Metric', false],
  ['Score', true],
  ['Kept', true],
  ['Items', true],
  ['True bits', true],
  ['Time', true],
] as const;

export function CellTable({ cells, methods }: Props): ReactNode {
  return (
    <table className="cells">
      <caption>
        Scores with one standard error; accuracy in points of 100. Lost and gained items are against 16 bit.
      </caption>
      <thead>
        <tr>
          {COLUMNS.map(([header, numeric]) => (
            <th key={header} scope="col" className={numeric ? 'num' : undefined}>
              {header}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {cells.map((cell) => (
          <tr key={`${cell.cell_key} ${cell.metric}`} id={cell.row_id ?? undefined}>
            <Made cell={cell} method={methods.get(cell.method_id ?? '')} />
            {cell.error_code === null ? <Scores cell={cell} /> : <Failure cell={cell} />}
            <td className="num" data-label="True bits">
              {bitsText(cell.bits_per_weight)}
            </td>
            <td className="num" data-label="Time">
              {durationText(cell.wall_ms)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface CellProps {
  readonly cell: CellMetric;
}

function Made({ cell, method }: CellProps & { readonly method: Method | undefined }): ReactNode {
  return (
    <>
      <th scope="row" className="wide">
        {method === undefined ? (
          cell.recipe_id
        ) : (
          <span className="nowrap">
            <Mark mark={method.mark} origin="measured" />
            <a href={href(`/methods/${method.id}/`)}>{method.title}</a>
          </span>
        )}{' '}
        <Chips chips={cell.chips} />
        <span className="note">
          <code>{cell.recipe_id}</code> of <a href={href(`/models/${cell.model_id}/`)}>{cell.model_id}</a>
        </span>
      </th>
      <td className="wide">
        <a href={href(`/tasks/${cell.task_id}/`)}>{cell.task_title}</a> version {cell.task_version}
        <span className="note">{settingsText(cell.settings)}</span>
        {cell.notes === null ? null : <span className="note">{cell.notes}</span>}
      </td>
    </>
  );
}

function Scores({ cell }: CellProps): ReactNode {
  const paired = pairedText(cell);
  return (
    <>
      <td data-label="Metric">{cell.metric}</td>
      <td className="num" data-label="Score">
        {valueText(cell.value, cell.unit!)}
        {cell.std_error === null ? null : ` ±${valueText(cell.std_error, cell.unit!)}`}
      </td>
      <td className="num wide">
        {cell.row_id === null ? (
          'a newer run counts'
        ) : (
          <Kept kept={cell.kept} low={cell.kept_low} high={cell.kept_high} note={cell.kept_note} />
        )}
        {paired === null ? null : <span className="note">{paired}</span>}
      </td>
      <td className="num" data-label="Items">
        {cell.n === null ? NONE : countText(cell.n)}
      </td>
    </>
  );
}

function Failure({ cell }: CellProps): ReactNode {
  return (
    <td colSpan={4} className="long wide">
      <strong className="flag">failed</strong> <code>{cell.error_code}</code>
      <span className="note">{cell.error_message}</span>
    </td>
  );
}

function pairedText({ lost, gained, mcnemar_p: p }: CellMetric): string | null {
  if (lost === null) return null;
  const significance = p === null ? '' : `, p ${p < 0.001 ? '< 0.001' : p.toFixed(3)}`;
  return `${lost} lost, ${gained} gained${significance}`;
}
