/** The query of the address, in which a page keeps its state: read and written by everything on the page that shares it. */

const CHANGED = 'bitloss:state';

/** The query string; equal strings are equal states. */
export function addressQuery(): string {
  return location.search;
}

/** Puts a state, written as a query, into the address without a new entry in the history, and tells every listener. */
export function writeQuery(query: string): void {
  const { pathname, hash } = location;
  history.replaceState(history.state, '', `${pathname}${query}${hash}`);
  dispatchEvent(new Event(CHANGED));
}

/** Calls back whenever the query changes; returns how to stop. */
export function onQuery(listener: () => void): () => void {
  addEventListener(CHANGED, listener);
  addEventListener('popstate', listener);
  return () => {
    removeEventListener(CHANGED, listener);
    removeEventListener('popstate', listener);
  };
}
