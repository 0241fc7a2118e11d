/** Loads files with their progress, unpacks what is gzipped, and holds them against their hashes. */
import { BitlossError } from '../../data/errors.ts';
import { liveErrors as errors } from '../errors/live.ts';
import type { LoadedFile } from './messages.ts';

const GZIP = [0x1f, 0x8b];

/** Tells how many bytes have come of all files together. */
export type OnBytes = (done: number, total: number) => void;

/**
 * What came damaged is fetched once more, past every cache.
 * @throws live/download, live/unpack, live/other-content
 */
export async function downloadAll(
  files: readonly LoadedFile[],
  onBytes: OnBytes,
): Promise<readonly Uint8Array[]> {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const come = files.map(() => 0);
  return Promise.all(
    files.map((file, i) =>
      downloadSound(file, (done) => {
        // A host that compresses by itself sends other numbers than the build counted.
        come[i] = Math.min(done, file.bytes);
        onBytes(
          come.reduce((sum, bytes) => sum + bytes, 0),
          total,
        );
      }),
    ),
  );
}

const DAMAGED = new Set(['live/unpack', 'live/other-content']);

async function downloadSound(file: LoadedFile, onBytes: (done: number) => void): Promise<Uint8Array> {
  try {
    return await download(file, 'default', onBytes);
  } catch (error) {
    if (!(error instanceof BitlossError) || !DAMAGED.has(error.code)) throw error;
    return download(file, 'reload', onBytes);
  }
}

async function download(
  { url, sha256 }: LoadedFile,
  cache: RequestCache,
  onBytes: (done: number) => void,
): Promise<Uint8Array> {
  const response = await fetch(url, { cache }).catch((cause: unknown) => {
    throw errors.download(url, String(cause));
  });
  if (!response.ok || response.body === null) throw errors.download(url, `status ${response.status}`);
  const parts: Uint8Array[] = [];
  let done = 0;
  try {
    const reader = response.body.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      parts.push(part.value);
      done += part.value.length;
      onBytes(done);
    }
  } catch (cause) {
    throw errors.download(url, String(cause));
  }
  const content = await unpacked(url, joined(parts, done));
  await check(url, content, sha256);
  return content;
}

/** Where a browser does not hash, which is on pages without https, the checks of what is in the file have to do. */
async function check(url: string, content: Uint8Array<ArrayBuffer>, sha256: string): Promise<void> {
  if (crypto.subtle === undefined) return;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', content));
  const found = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (found !== sha256) throw errors.otherContent(url, found, sha256);
}

/** Some hosts unpack on the way, so the bytes themselves tell. */
async function unpacked(url: string, bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  if (GZIP.some((byte, i) => bytes[i] !== byte)) return bytes;
  try {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (cause) {
    throw errors.unpack(url, String(cause));
  }
}

function joined(parts: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
