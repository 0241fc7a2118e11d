/** The board's state in the address bar: read and written by everything on the page that shares it. */
import { type BoardState, decodeState, encodeState } from './board-state.ts';

const CHANGED = 'bitloss:state';

/** The query string; equal strings are equal states. */
export function addressQuery(): string {
  return location.search;
}

/** Puts a state into the address without a new entry in the history, and tells every listener. */
export function writeState(state: BoardState): void {
  const { pathname, hash } = location;
  history.replaceState(history.state, '', `${pathname}${encodeState(state)}${hash}`);
  dispatchEvent(new Event(CHANGED));
}

export function readState(): BoardState {
  return decodeState(location.search);
}

/** Calls back whenever the state changes; returns how to stop. */
export function onState(listener: () => void): () => void {
  addEventListener(CHANGED, listener);
  addEventListener('popstate', listener);
  return () => {
    removeEventListener(CHANGED, listener);
    removeEventListener('popstate', listener);
  };
}
