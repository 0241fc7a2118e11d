/** The cache that all Hugging Face tools share: `models--<owner>--<name>/{blobs,refs,snapshots}`. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';

export const COMMIT = /^[0-9a-f]{40}$/;

export class HubCache {
  readonly folder: string;

  /** @param cacheFolder  the `hub` folder  @param id  `owner/name` */
  constructor(cacheFolder: string, id: string) {
    this.folder = join(cacheFolder, ['models', ...id.split('/')].join('--'));
  }

  /** Folder of one commit, holding links into the blobs. */
  snapshot(commit: string): string {
    return join(this.folder, 'snapshots', commit);
  }

  /** Path of a blob; `etag` is the SHA-256 of a large file or the git hash of a small one. */
  blob(etag: string): string {
    return join(this.folder, 'blobs', etag);
  }

  /** The commit that a branch or tag pointed to when it was last fetched. */
  async commitOf(revision: string): Promise<string | null> {
    if (COMMIT.test(revision)) return revision;
    const commit = await readFile(join(this.folder, 'refs', revision), 'utf8').catch(() => '');
    return COMMIT.test(commit.trim()) ? commit.trim() : null;
  }

  async remember(revision: string, commit: string): Promise<void> {
    if (COMMIT.test(revision)) return;
    const file = join(this.folder, 'refs', revision);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(`${file}.${process.pid}`, commit);
    await rename(`${file}.${process.pid}`, file);
  }

  /** Makes a file of a snapshot point to its blob; copies where links are not possible. */
  async link(commit: string, name: string, etag: string): Promise<void> {
    const file = join(this.snapshot(commit), name);
    await mkdir(dirname(file), { recursive: true });
    const temporary = `${file}.${process.pid}`;
    await rm(temporary, { force: true });
    await symlink(relative(dirname(file), this.blob(etag)), temporary).catch(() =>
      copyFile(this.blob(etag), temporary),
    );
    await rename(temporary, file);
  }
}

/** The commit of a snapshot folder inside a cache; null for any other folder. */
export function snapshotRevision(folder: string): string | null {
  return basename(dirname(folder)) === 'snapshots' && COMMIT.test(basename(folder)) ? basename(folder) : null;
}

/** Size of a file, null where there is none. */
export async function sizeOf(path: string): Promise<number | null> {
  return stat(path).then(
    ({ size }) => size,
    () => null,
  );
}

/** Hash of a file in the form of `etag`: SHA-256, or git's SHA-1 over `blob <size>\0` and the content. */
export async function hashLike(etag: string, path: string): Promise<string> {
  const hash = createHash(etag.length === 64 ? 'sha256' : 'sha1');
  if (etag.length !== 64) hash.update(`blob ${await sizeOf(path)}\0`);
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}
