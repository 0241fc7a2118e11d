import { useMemo, useSyncExternalStore } from 'react';
import { addressQuery, onState, writeState } from '../lib/address.ts';
import { type BoardState, decodeState } from '../lib/board-state.ts';

/** The state in the address, and how to change it. On the server it is the default. */
export function useBoardState(): readonly [BoardState, (state: BoardState) => void] {
  const query = useSyncExternalStore(onState, addressQuery, () => '');
  return [useMemo(() => decodeState(query), [query]), writeState];
}
