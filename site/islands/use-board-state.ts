import { useMemo, useSyncExternalStore } from 'react';
import { addressQuery, onQuery, writeQuery } from '../lib/address.ts';
import { type BoardState, decodeState, encodeState } from '../lib/board-state.ts';

const write = (state: BoardState) => writeQuery(encodeState(state));

/** The state in the address, and how to change it. On the server it is the default. */
export function useBoardState(): readonly [BoardState, (state: BoardState) => void] {
  const query = useSyncExternalStore(onQuery, addressQuery, () => '');
  return [useMemo(() => decodeState(query), [query]), write];
}
