/** Fetches one file into the cache: goes on where an earlier attempt stopped, and checks the content before it counts. */
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ReadableStream } from 'node:stream/web';
import { downloadFile, HubApiError } from '@huggingface/hub';
import { hubErrors as errors } from '../errors/hub.ts';
import { type HubCache, hashLike, sizeOf } from './hub-cache.ts';

/** Connections in a row that bring nothing new before a file is given up. */
const FRUITLESS = 3;

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
  let have = (await sizeOf(partial)) ?? 0;
  for (let fruitless = 0; have !== file.size && fruitless < FRUITLESS; ) {
    // More than there should be cannot be the beginning of the right file.
    const from = have > file.size ? 0 : have;
    failure = await append(model, file, partial, from).catch((error: unknown) => {
      if (isSystemError(error) || error instanceof HubApiError) throw error;
      return error;
    });
    have = (await sizeOf(partial)) ?? 0;
    fruitless = have > from ? 0 : fruitless + 1;
  }
  if (have !== file.size) throw errors.incomplete(model.id, file.name, have, file.size, failure);
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
