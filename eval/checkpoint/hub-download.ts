/** Fetches one file into the cache: goes on where an earlier attempt stopped, and checks the content before it counts. */
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ReadableStream } from 'node:stream/web';
import { downloadFile, HubApiError } from '@huggingface/hub';
import { hubErrors as errors } from '../errors/hub.ts';
import { type HubCache, hashLike, sizeOf } from './hub-cache.ts';

/** Connections to one file before giving up. */
const ATTEMPTS = 3;

export interface RemoteFile {
  readonly name: string;
  readonly size: number;
  /** SHA-256 or git SHA-1, hexadecimal. */
  readonly etag: string;
}

export interface RemoteModel {
  readonly id: string;
  readonly commit: string;
  readonly endpoint: string;
  readonly token: string | null;
}

/**
 * After this, the snapshot has the file. Several processes may fetch the same file: they write the same bytes to the
 * same places.
 * @throws hub/incomplete, hub/corrupt, hub/cache-write
 */
export async function fetchIntoCache(model: RemoteModel, file: RemoteFile, cache: HubCache): Promise<void> {
  const blob = cache.blob(file.etag);
  try {
    await mkdir(dirname(blob), { recursive: true });
    if ((await sizeOf(blob)) !== file.size) {
      const partial = `${blob}.incomplete`;
      await complete(model, file, partial);
      await check(model, file, partial);
      await rename(partial, blob).catch(async (error) => {
        // Another process may have finished the same file a moment earlier.
        if ((await sizeOf(blob)) !== file.size) throw error;
      });
    }
    await cache.link(model.commit, file.name, file.etag);
  } catch (cause) {
    throw isSystemError(cause) ? errors.cacheWrite(model.id, cache.folder, cause) : cause;
  }
}

async function complete(model: RemoteModel, file: RemoteFile, partial: string): Promise<void> {
  let failure: unknown;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const have = (await sizeOf(partial)) ?? 0;
    if (have === file.size) return;
    if (have > file.size) await rm(partial);
    try {
      await append(model, file, partial, have > file.size ? 0 : have);
    } catch (error) {
      if (isSystemError(error) || error instanceof HubApiError) throw error;
      failure = error;
    }
  }
  const got = (await sizeOf(partial)) ?? 0;
  if (got !== file.size) throw errors.incomplete(model.id, file.name, got, file.size, failure);
}

/** Streams the bytes from `have` on to their places in the file. */
async function append(model: RemoteModel, file: RemoteFile, partial: string, have: number): Promise<void> {
  const blob = await downloadFile({
    repo: { type: 'model', name: model.id },
    path: file.name,
    revision: model.commit,
    hubUrl: model.endpoint,
    // Plain ranges are served by every hub and mirror.
    xet: false,
    ...(model.token === null ? {} : { accessToken: model.token }),
  });
  if (blob === null) throw errors.missing(model.id, file.name);
  const handle = await open(partial, have === 0 ? 'w' : 'r+');
  try {
    let at = have;
    // The types of the browser and of Node disagree about streams that are the same object.
    for await (const bytes of blob.slice(have).stream() as unknown as ReadableStream<Uint8Array>) {
      await handle.write(bytes, 0, bytes.length, at);
      at += bytes.length;
    }
  } finally {
    await handle.close();
  }
}

async function check(model: RemoteModel, file: RemoteFile, partial: string): Promise<void> {
  const hash = await hashLike(file.etag, partial);
  if (hash === file.etag) return;
  await rm(partial, { force: true });
  throw errors.corrupt(model.id, file.name, file.etag, hash);
}

/** Errors of the file system; those of the network have no `syscall` of this kind. */
function isSystemError(error: unknown): boolean {
  const { syscall } = error as NodeJS.ErrnoException;
  return (
    typeof syscall === 'string' &&
    ['open', 'write', 'mkdir', 'rename', 'symlink', 'copyfile', 'unlink'].includes(syscall)
  );
}
