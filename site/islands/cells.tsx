/** The parts that cells are made of. Rendered to HTML while the site is built, and live in the board. */
import type { CSSProperties, ReactNode } from 'react';
import type { TrustState } from '../../data/trust-schema.ts';
import { intervalText, keptText, NONE } from '../lib/format.ts';
import type { Mark as MethodMark } from '../lib/marks.ts';
import type { Origin } from '../lib/row-types.ts';
import { TRUST_SIGNS } from '../lib/trust-words.ts';
import { href } from '../lib/url.ts';

export function Chips({ chips }: { readonly chips: readonly string[] }): ReactNode {
  return chips.map((chip) => (
    <b key={chip} className="chip">
      {chip}
    </b>
  ));
}

/** A method's shape in its family's colour: filled is measured, hollow reported, half submitted. */
export function Mark({ mark, origin }: { readonly mark: MethodMark; readonly origin: Origin }): ReactNode {
  return (
    <svg className={`mark ${origin}`} style={{ color: mark.color }} aria-hidden="true">
      <use href={`#s-${mark.shape}`} />
    </svg>
  );
}

/** A state of trust as a sign and its word. The usual ones, valid and recomputed, are told on the page of the run only. */
export function Trust({ state }: { readonly state: TrustState | null }): ReactNode {
  if (state === null || state === 'valid' || state === 'recomputed') return null;
  return (
    <a className={`trust ${state}`} href={href('/methodology/') + '#trust-states'}>
      <span aria-hidden="true">{TRUST_SIGNS[state]}</span> {state}
    </a>
  );
}

interface KeptProps {
  readonly kept: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** Why there is no number, or what is special about it. */
  readonly note?: string | null;
}

/** A full bar is a whole model; what is lost is taken from its right edge, the interval is drawn across. */
export function Kept({ kept, low, high, note = null }: KeptProps): ReactNode {
  if (kept === null) {
    return (
      <span className="kept">
        <span className="kept-bar unknown" />
        <span className="kept-none">{note ?? NONE}</span>
      </span>
    );
  }
  const style = {
    '--k': share(kept),
    '--lo': share(low ?? kept),
    '--hi': share(high ?? kept),
  } as CSSProperties;
  return (
    <span className="kept">
      <span className="kept-bar" style={style}>
        {low === null || high === null ? null : <i />}
      </span>
      <span className="kept-value">{keptText(kept)}</span>
      <span
        className="kept-interval"
        title={note ?? (low === null ? 'no interval published' : '95 % interval')}
      >
        {note === 'below chance' ? 'floor' : intervalText(low, high)}
      </span>
    </span>
  );
}

/** Shares beyond the bar are drawn at its ends. */
function share(value: number): number {
  return Number(Math.min(1, Math.max(0, value)).toFixed(3));
}
