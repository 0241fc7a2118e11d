/** Columns of the board of raw scores: every value as it was measured, between guessing and 16 bit. */
import type { CSSProperties, ReactNode } from 'react';
import { NONE, unitText, valueText } from '../lib/format.ts';
import type { ResultRow } from '../lib/row-types.ts';
import type { BoardColumn } from './columns.tsx';
import { RESULT_COLUMNS, Score } from './result-columns.tsx';

const named = (id: string) => RESULT_COLUMNS.find((column) => column.id === id)!;

/** Before all others, in this order. */
const FIRST = ['model', 'method', 'bits', 'bpw', 'task'];
const OWN = ['value', 'baseline', 'kept', 'loss'];

export const RAW_COLUMNS: readonly BoardColumn<ResultRow>[] = [
  ...FIRST.map(named),
  {
    ...named('value'),
    about:
      'As measured or printed, with its 95 % interval where a standard error is known. Shares are drawn from 0 to 100 %: the thick line is 16 bit, the dotted one guessing. The link is the origin.',
    label: false,
    wide: true,
    width: 232,
    cell: (row) => <RawScore row={row} />,
  },
  {
    id: 'interval',
    header: '95 % interval',
    about: 'In the unit of the score; a dash where no standard error is known.',
    numeric: true,
    label: true,
    width: 66,
    shown: false,
    cell: (row) => intervalOf(row),
    text: (row) => (row.value_low === null ? null : `${row.value_low} to ${row.value_high}`),
  },
  { ...named('baseline'), width: 62 },
  {
    id: 'chance',
    header: 'Guessing',
    about: 'What guessing scores; a dash where there is no such thing.',
    numeric: true,
    label: true,
    width: 70,
    shown: true,
    cell: (row) => valueText(row.chance, row.unit),
    text: (row) => row.chance,
  },
  {
    id: 'unit',
    header: 'Unit',
    about: 'Of score, 16 bit and guessing.',
    width: 92,
    shown: false,
    label: true,
    cell: (row) => unitText(row.unit),
    text: (row) => row.unit,
  },
  ...RESULT_COLUMNS.filter(({ id }) => !FIRST.includes(id) && !OWN.includes(id)),
  ...['kept', 'loss'].map((id) => ({ ...named(id), shown: false })),
];

/** What the bars mean, once above them. */
export function RawKey(): ReactNode {
  return (
    <p className="raw-key">
      <Bar value={0.55} low={0.46} high={0.64} baseline={0.82} chance={0.25} /> A share of right answers from
      0 to 100 % with its 95 % interval; the thick line is 16 bit, the dotted one guessing. Raw scores compare
      within one task only.
    </p>
  );
}

function RawScore({ row }: { readonly row: ResultRow }): ReactNode {
  return (
    <span className="raw">
      {row.unit === 'fraction' && row.value !== null ? (
        <Bar
          value={row.value}
          low={row.value_low}
          high={row.value_high}
          baseline={row.baseline}
          chance={row.chance}
        />
      ) : (
        <span className="raw-bar none" />
      )}
      <span className="raw-value">
        <Score row={row} />
      </span>
      <span className="raw-unit">
        {intervalOf(row) === NONE ? null : `${intervalOf(row)} `}
        {row.error === null ? unitText(row.unit) : null}
      </span>
    </span>
  );
}

type BarProps = Readonly<Record<'value' | 'low' | 'high' | 'baseline' | 'chance', number | null>>;

function Bar({ value, low, high, baseline, chance }: BarProps): ReactNode {
  return (
    <span className="raw-bar" style={{ '--v': value, '--lo': low, '--hi': high } as CSSProperties}>
      {low === null || high === null ? null : <i />}
      {baseline === null ? null : <b style={{ '--at': baseline } as CSSProperties} />}
      {chance === null ? null : <s style={{ '--at': chance } as CSSProperties} />}
    </span>
  );
}

/** `±1.2`, or both ends where the value is one of them. */
function intervalOf({ value, value_low: low, value_high: high, unit }: ResultRow): string {
  if (low === null || high === null) return NONE;
  return value === low || value === high
    ? `${valueText(low, unit)}–${valueText(high, unit)}`
    : `±${valueText((high - low) / 2, unit)}`;
}
