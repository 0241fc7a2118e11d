/** Columns of the board of results. */
import type { ReactNode } from 'react';
import { countText, NONE, signed, valueText } from '../lib/format.ts';
import type { ResultRow } from '../lib/row-types.ts';
import { runPagePath } from '../lib/run-pages.ts';
import { href } from '../lib/url.ts';
import { Kept } from './cells.tsx';
import { type BoardColumn, bits, bpw, family, method, model, source, tensor } from './columns.tsx';

export const RESULT_COLUMNS: readonly BoardColumn<ResultRow>[] = [
  model,
  method,
  bits,
  bpw,
  {
    id: 'task',
    header: 'Task',
    about: 'Data, prompt and scoring; another protocol is another task, so raw scores in one task compare.',
    wide: true,
    width: 142,
    shown: true,
    cell: (row) => (
      <>
        <a href={href(`/tasks/${row.task}/`)}>{row.task_title}</a>
        {row.protocol === '' ? null : <span className="note">{row.protocol}</span>}
      </>
    ),
    text: (row) => row.task,
  },
  {
    id: 'value',
    ofOneTask: true,
    header: 'Score',
    about:
      'As measured or printed: accuracy in points of 100, perplexity, or the unit named. The link is its origin.',
    numeric: true,
    label: true,
    width: 58,
    shown: true,
    cell: (row) => <Score row={row} />,
    text: (row) => row.value,
  },
  {
    id: 'baseline',
    ofOneTask: true,
    header: '16 bit',
    about: 'The same source’s uncompressed model under the same protocol.',
    numeric: true,
    label: true,
    width: 54,
    shown: true,
    cell: (row) => valueText(row.baseline, row.unit),
    text: (row) => row.baseline,
  },
  {
    id: 'kept',
    header: 'Kept',
    about:
      'The share of the 16-bit model that is left in this task, with its 95 % interval where one is known.',
    numeric: true,
    wide: true,
    width: 180,
    shown: true,
    cell: (row) => <Kept kept={row.kept} low={row.low} high={row.high} note={row.kept_note} />,
    text: (row) => row.kept,
  },
  {
    id: 'loss',
    ofOneTask: true,
    header: 'Lost',
    about: 'Against 16 bit: points of 100 for accuracy, difference for perplexity, points of a judge.',
    numeric: true,
    label: true,
    width: 58,
    shown: true,
    cell: (row) => (row.is_baseline ? NONE : lossText(row)),
    text: (row) => row.loss,
  },
  {
    id: 'n',
    header: 'Items',
    about: 'Questions or windows behind the score, where known.',
    numeric: true,
    label: true,
    width: 70,
    shown: false,
    cell: (row) => (row.n === null ? NONE : countText(row.n)),
    text: (row) => row.n,
  },
  { ...source, width: 118 },
  family,
  tensor,
  {
    id: 'metric',
    header: 'Metric',
    about: 'acc, acc_norm, perplexity, …',
    width: 120,
    shown: false,
    label: true,
    cell: (row) => row.metric ?? NONE,
    text: (row) => row.metric,
  },
  {
    id: 'protocol',
    header: 'Metric and prompt',
    about: 'The metric where the task leaves a choice; examples, context and position where they are told.',
    width: 150,
    shown: false,
    wide: true,
    cell: (row) => <span className="muted">{row.protocol}</span>,
    text: (row) => row.protocol,
  },
  {
    id: 'ability',
    header: 'Ability',
    about: 'What the task asks for.',
    width: 150,
    shown: false,
    label: true,
    cell: (row) => row.ability ?? NONE,
    text: (row) => row.ability,
  },
  {
    id: 'labels',
    header: 'Source’s own names',
    about: 'Model and method as the source writes them.',
    width: 220,
    shown: false,
    label: true,
    cell: (row) => `${row.model_label} · ${row.method_label}`,
    text: (row) => `${row.model_label} · ${row.method_label}`,
  },
  {
    id: 'locator',
    header: 'Where',
    about: 'Table, file or run in which the number stands.',
    width: 240,
    shown: false,
    label: true,
    cell: (row) => row.locator,
    text: (row) => row.locator,
  },
  {
    id: 'note',
    header: 'Note',
    about: 'What the reader of the source noted about this number.',
    width: 260,
    shown: false,
    label: true,
    cell: (row) => row.note ?? '',
    text: (row) => row.note,
  },
];

/** Where a value comes from: the file or paper it was read in, the run that measured it, or the page of its claim. */
export function originHref(row: ResultRow): string {
  if (row.run !== null) return `${href(runPagePath(row.run, row.run_page ?? 1))}#${row.id}`;
  const claimed = /([^/]+)\.claim\.json$/.exec(row.locator ?? '')?.[1];
  if (claimed !== undefined) return `${href(`/claimed/${claimed}/`)}#${row.id}`;
  return row.url ?? href(`/sources/${row.source}/`);
}

export function Score({ row }: { readonly row: ResultRow }): ReactNode {
  if (row.error !== null) {
    return (
      <a className="flag" href={originHref(row)} title={row.error}>
        failed
      </a>
    );
  }
  return (
    <>
      <a href={originHref(row)} title={row.locator}>
        {valueText(row.value, row.unit)}
      </a>
      {row.doubt === null ? null : (
        <span className="flag" title={row.doubt}>
          {' '}
          ?<span className="hidden-text"> doubtful: {row.doubt}</span>
        </span>
      )}
    </>
  );
}

function lossText(row: ResultRow): string {
  // A loss is shown as what is missing: −1.8 points; a perplexity that rose as +0.3.
  if (row.loss === null) return NONE;
  if (row.unit === 'fraction') return signed(-row.loss, 1);
  return Math.abs(row.loss) >= 1000
    ? signed(row.loss, 0)
    : signed(row.unit === 'perplexity' ? row.loss : -row.loss, 2);
}
