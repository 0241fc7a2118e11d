import { useEffect, useState } from 'react';
import { decodeTable, type LiveTable, type Payload } from '../lib/payload.ts';

const loading = new Map<string, Promise<LiveTable>>();

function load(address: string): Promise<LiveTable> {
  const known = loading.get(address);
  if (known !== undefined) return known;
  const table = fetch(address).then(async (response) => {
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
    return decodeTable((await response.json()) as Payload);
  });
  loading.set(address, table);
  // A failed load may be tried again.
  table.catch(() => loading.delete(address));
  return table;
}

export type Loaded =
  | { readonly status: 'loading'; readonly table: LiveTable | null }
  | { readonly status: 'ready'; readonly table: LiveTable }
  | { readonly status: 'failed'; readonly table: null; readonly reason: string };

/** Fetches and decodes a table once; while another one loads, nothing old is shown under its name. */
export function useLiveTable(address: string): Loaded {
  const [loaded, setLoaded] = useState<Loaded & { readonly address: string }>({
    status: 'loading',
    table: null,
    address,
  });
  useEffect(() => {
    let current = true;
    load(address).then(
      (table) => current && setLoaded({ status: 'ready', table, address }),
      (error: Error) =>
        current && setLoaded({ status: 'failed', table: null, reason: error.message, address }),
    );
    return () => {
      current = false;
    };
  }, [address]);
  return loaded.address === address ? loaded : { status: 'loading', table: null };
}
