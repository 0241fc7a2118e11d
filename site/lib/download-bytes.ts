/** The bytes of each download, made once a build: pages state their size and hash, endpoints give them away. */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { exportBytes, keepTable, withoutCopy } from './db.ts';
import { DOWNLOADS, type Download, FORMATS, type Format, tableName } from './downloads.ts';

const made = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();

export function downloadBytes(download: Download, format: Format): Promise<Uint8Array<ArrayBuffer>> {
  const name = `${download.id}.${format}`;
  const known = made.get(name) ?? make(download, format);
  made.set(name, known);
  return known;
}

/** What DuckDB writes for each; it compresses text less well than zlib does, and slower. */
const WRITTEN = { 'csv.gz': 'csv', 'json.gz': 'json', parquet: 'parquet' } as const;

async function make(download: Download, format: Format): Promise<Uint8Array<ArrayBuffer>> {
  const name = tableName(download);
  await keepTable(name, download.sql);
  const bytes = await exportBytes(`FROM ${name}`, WRITTEN[format]);
  return format === 'parquet' ? bytes : withoutCopy(await promisify(gzip)(bytes));
}

const hashes = new Map<string, Promise<string>>();

/** SHA-256 of the bytes, in hexadecimal. */
export function downloadHash(download: Download, format: Format): Promise<string> {
  const name = `${download.id}.${format}`;
  const known =
    hashes.get(name) ??
    downloadBytes(download, format).then((bytes) => createHash('sha256').update(bytes).digest('hex'));
  hashes.set(name, known);
  return known;
}

/** One line a file, as `sha256sum --check` reads it. */
export async function checksums(): Promise<string> {
  const lines = DOWNLOADS.flatMap((download) =>
    FORMATS.map(async (format) => `${await downloadHash(download, format)}  ${download.id}.${format}\n`),
  );
  return (await Promise.all(lines)).join('');
}
