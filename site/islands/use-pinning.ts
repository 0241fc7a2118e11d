import { type KeyboardEvent, type RefObject, useEffect, useLayoutEffect, useRef } from 'react';
import { type BoardState, togglePin } from '../lib/board-state.ts';

interface Pinning {
  readonly toggle: (pin: string) => void;
  /** `p` on anything in a row is its button. */
  readonly onKeyDown: (event: KeyboardEvent) => void;
}

/** Pins rows and lets the focus follow the row to its new place. */
export function usePinning(
  scroller: RefObject<HTMLElement | null>,
  state: BoardState,
  setState: (state: BoardState) => void,
  order: Uint32Array,
): Pinning {
  const moved = useRef<string | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a row has moved once there is another order
  useEffect(() => {
    if (moved.current === null) return;
    const buttons = [...(scroller.current?.querySelectorAll<HTMLElement>('[data-pin]') ?? [])];
    const own = buttons.find(({ dataset }) => dataset['pin'] === moved.current);
    moved.current = null;
    // A row that went back out of sight leaves the focus to the first that is still on top.
    (own ?? buttons[0] ?? scroller.current)?.focus({ preventScroll: true });
  }, [order]);
  // Pinned rows stick below the header, whose names may take two lines.
  useLayoutEffect(() => {
    if (state.pins.length === 0) return;
    const height = scroller.current?.querySelector('thead')?.offsetHeight ?? 0;
    scroller.current?.style.setProperty('--head', `${height}px`);
  });
  const toggle = (pin: string) => {
    moved.current = pin;
    setState(togglePin(state, pin));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'p' || event.ctrlKey || event.metaKey || event.altKey) return;
    const row = (event.target as HTMLElement).closest('tr');
    const pin = row?.querySelector<HTMLElement>('[data-pin]')?.dataset['pin'];
    if (pin !== undefined) toggle(pin);
  };
  return { toggle, onKeyDown };
}
