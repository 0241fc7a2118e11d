/** Loads files with their progress, unpacking what is gzipped. */
import { liveErrors as errors } from '../errors/live.ts';
import type { LoadedFile } from './messages.ts';

const GZIP = [0x1f, 0x8b];

/** Tells how many bytes have come of all files together. */
export type OnBytes = (done: number, total: number) => void;

/** @throws live/download, live/unpack */
export async function downloadAll(
  files: readonly LoadedFile[],
  onBytes: OnBytes,
): Promise<readonly Uint8Array[]> {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const come = files.map(() => 0);
  return Promise.all(
    files.map((file, i) =>
      download(file.url, (done) => {
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

async function download(url: string, onBytes: (done: number) => void): Promise<Uint8Array> {
  const response = await fetch(url).catch((cause: unknown) => {
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
  return unpacked(url, joined(parts, done));
}

/** Some hosts unpack on the way, so the bytes themselves tell. */
async function unpacked(url: string, bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
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
