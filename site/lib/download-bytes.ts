/** The bytes of each download, made once a build: pages state their size and hash, endpoints give them away. */
import { createHash } from 'node:crypto';
import { exportBytes } from './db.ts';
import { DOWNLOADS, type Download, FORMATS, type Format } from './downloads.ts';

const made = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();

export function downloadBytes({ id, sql }: Download, format: Format): Promise<Uint8Array<ArrayBuffer>> {
  const name = `${id}.${format}`;
  const known = made.get(name) ?? exportBytes(sql, format).then((bytes) => new Uint8Array(bytes));
  made.set(name, known);
  return known;
}

/** One line a file, as `sha256sum --check` reads it. */
export async function checksums(): Promise<string> {
  const lines = DOWNLOADS.flatMap((download) =>
    FORMATS.map(async (format) => {
      const hash = createHash('sha256')
        .update(await downloadBytes(download, format))
        .digest('hex');
      return `${hash}  ${download.id}.${format}\n`;
    }),
  );
  return (await Promise.all(lines)).join('');
}
