/** The button that keeps a row on top, whatever is sorted or filtered. */
import type { ReactNode } from 'react';
import { pinOf } from '../lib/pins.ts';
import type { Row } from '../lib/row-types.ts';

/** Pixels in the live table. */
export const PIN_WIDTH = 32;

interface Props {
  readonly row: Row;
  readonly pins: readonly string[];
  readonly toggle: (pin: string) => void;
}

export function PinCell({ row, pins, toggle }: Props): ReactNode {
  const pin = pinOf(row);
  const isPinned = pins.includes(pin);
  return (
    <td role="cell" className="c-pin">
      <button
        type="button"
        className="pin"
        aria-pressed={isPinned}
        aria-keyshortcuts="P"
        aria-label={`Keep on top: ${nameOf(row)}`}
        title={isPinned ? 'No longer keep on top (P)' : 'Keep on top (P)'}
        data-pin={pin}
        onClick={() => toggle(pin)}
      >
        <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
          <path d="M5 2h6v1.5l-1 .8v3.2l2.2 2V11H8.7v3.4L8 15.5l-.7-1.1V11H3.8V9.5l2.2-2V4.3l-1-.8z" />
        </svg>
      </button>
    </td>
  );
}

function nameOf(row: Row): string {
  const what =
    row.kind === 'result' ? [row.task_title, row.protocol] : [row.ability === 'all' ? '' : row.ability];
  return [row.model_name, row.method_title, ...row.chips, ...what, row.source_title]
    .filter(Boolean)
    .join(' ');
}
