/** Files that are either there as a whole or not at all, and folders that are known to take them. */
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { diskFault } from '../errors/run.ts';

/**
 * Replaces a file in one step: what `write` leaves under a temporary name is forced to the disk and then renamed, so that
 * a kill or a power cut leaves the old file or the new one. Throws `store/…` for every fault of the disk.
 */
export async function replaceFile(file: string, write: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${file}.tmp-${process.pid}`;
  try {
    await makeFolder(path.dirname(file));
    await write(temporary);
    await syncFile(temporary);
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw diskFault(file, cause);
  }
}

/** Checks that files can be made in a folder, which is created where it is missing. Throws `store/…` otherwise. */
export async function checkWritable(folder: string): Promise<void> {
  const probe = path.join(folder, `.probe-${process.pid}`);
  try {
    await makeFolder(folder);
    // A full disk lets an empty file be made, so the probe has content.
    const handle = await open(probe, 'w');
    await handle.writeFile(Buffer.alloc(4096)).finally(() => handle.close());
  } catch (cause) {
    throw diskFault(folder, cause);
  } finally {
    await rm(probe, { force: true }).catch(() => undefined);
  }
}

/** Deletes files of a folder that end in `.tmp-<pid>` or `.new-<pid>`, with what follows, of processes that were killed. */
export async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const pid = /\.(?:tmp|new)-(\d+)(?:\.wal)?$/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) await rm(path.join(folder, name), { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    // Signal 0 only asks.
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Unlike a recursive `mkdir` of Node, this tells a read-only file system from a missing folder. */
async function makeFolder(folder: string): Promise<void> {
  if (await isFolder(folder)) return;
  const parent = path.dirname(folder);
  if (parent !== folder) await makeFolder(parent);
  await mkdir(folder).catch(async (cause: NodeJS.ErrnoException) => {
    // Another process may have made it in between.
    if (cause.code !== 'EEXIST' || !(await isFolder(folder))) throw cause;
  });
}

async function isFolder(folder: string): Promise<boolean> {
  return (await stat(folder).catch(() => null))?.isDirectory() ?? false;
}

async function syncFile(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  await handle.sync().finally(() => handle.close());
}
