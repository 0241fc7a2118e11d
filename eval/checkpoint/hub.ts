/** Turns a model id into a folder: from the shared cache, or fetched from a hub file by file. */
import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { HubApiError, listFiles, modelInfo } from '@huggingface/hub';
import { BitlossError } from '../../data/errors.ts';
import { checkpointErrors } from '../errors/checkpoint.ts';
import { hubErrors as errors } from '../errors/hub.ts';
import { COMMIT, HubCache, sizeOf } from './hub-cache.ts';
import { fetchIntoCache, type RemoteFile, type RemoteModel } from './hub-download.ts';
import { INDEX_FILE, PICKLE, SINGLE_FILE, shardsOf } from './weight-files.ts';

export interface HubOptions {
  readonly endpoint: string;
  readonly token: string | null;
  /** The `hub` folder of the shared cache. */
  readonly cacheFolder: string;
  /** Never connect. */
  readonly offline: boolean;
  /** Branch, tag or commit. */
  readonly revision: string;
  readonly log: (line: string) => void;
}

const ID = /^[A-Za-z0-9][\w.-]*(?:\/[A-Za-z0-9][\w.-]*)?$/;
const REVISION = /^\w[\w.-]*(?:\/\w[\w.-]*)*$/;
const REQUIRED = ['config.json', 'tokenizer.json'];
const OPTIONAL = ['tokenizer_config.json'];

/** The variables that all Hugging Face tools understand, as options. */
export function hubEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): Omit<HubOptions, 'revision' | 'log'> {
  const home = env.HF_HOME ?? join(env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'huggingface');
  return {
    endpoint: (env.HF_ENDPOINT ?? 'https://huggingface.co').replace(/\/+$/, ''),
    token: env.HF_TOKEN || null,
    cacheFolder: env.HF_HUB_CACHE ?? env.HUGGINGFACE_HUB_CACHE ?? join(home, 'hub'),
    offline: ['1', 'ON', 'YES', 'TRUE'].includes((env.HF_HUB_OFFLINE ?? '').toUpperCase()),
  };
}

/**
 * A folder with the model: `idOrFolder` itself where it is one, else a snapshot in the cache, fetched as far as needed.
 * Only config, tokenizer and .safetensors files are fetched. Without a connection a complete snapshot is used as it is.
 * @throws hub/…, checkpoint/pickle
 */
export async function resolveModel(idOrFolder: string, options: HubOptions): Promise<string> {
  if ((await stat(idOrFolder).catch(() => null))?.isDirectory()) return idOrFolder;
  if (!ID.test(idOrFolder) || idOrFolder.includes('--') || idOrFolder.includes('..'))
    throw errors.id(idOrFolder);
  if (!REVISION.test(options.revision)) throw errors.revision(idOrFolder, options.revision);
  if (options.token !== null && !options.token.startsWith('hf_')) throw errors.token();
  const cache = new HubCache(options.cacheFolder, idOrFolder);
  const known = await completeSnapshot(cache, options.revision);
  // A commit never changes, so nothing has to be asked.
  if (known !== null && (options.offline || COMMIT.test(options.revision))) return known;
  if (options.offline) throw errors.offline(idOrFolder, options.cacheFolder);
  try {
    return await fetchModel(idOrFolder, cache, options);
  } catch (error) {
    const failure = translate(idOrFolder, options, error);
    if (failure.code !== 'hub/network' || known === null) throw failure;
    options.log(`${idOrFolder}: ${options.endpoint} cannot be reached; using the copy in the cache.`);
    return known;
  }
}

async function fetchModel(id: string, cache: HubCache, options: HubOptions): Promise<string> {
  const { endpoint, token, revision, log } = options;
  const access = { hubUrl: endpoint, ...(token === null ? {} : { accessToken: token }) };
  const { sha: commit } = await modelInfo({ name: id, revision, additionalFields: ['sha'], ...access });
  if (!COMMIT.test(commit)) throw errors.listing(id, 'it names no commit');
  const files = new Map<string, RemoteFile>();
  for await (const entry of listFiles({ repo: { type: 'model', name: id }, revision: commit, ...access })) {
    if (entry.type === 'file') files.set(entry.path, toRemoteFile(id, entry));
  }
  const model: RemoteModel = { id, commit, endpoint, token };
  const fetchAll = async (names: readonly string[]) => {
    for (const name of names) {
      const file = files.get(name);
      if (file === undefined) throw errors.missing(id, name);
      if ((await sizeOf(join(cache.snapshot(commit), name))) === file.size) continue;
      log(`${id}: fetching ${name} (${(file.size / 1e6).toFixed(1)} MB)`);
      await fetchIntoCache(model, file, cache);
    }
  };
  const weights = weightsOf(id, [...files.keys()]);
  await fetchAll([...REQUIRED, ...OPTIONAL.filter((name) => files.has(name)), weights]);
  if (weights === INDEX_FILE) await fetchAll(await shardsIn(cache.snapshot(commit)));
  await cache.remember(revision, commit);
  return cache.snapshot(commit);
}

/** The file to begin with. Throws `checkpoint/pickle` where there are only pickles. */
function weightsOf(id: string, names: readonly string[]): string {
  if (names.includes(SINGLE_FILE)) return SINGLE_FILE;
  if (names.includes(INDEX_FILE)) return INDEX_FILE;
  const pickles = names.filter((name) => PICKLE.test(name));
  throw pickles.length > 0 ? checkpointErrors.pickle(id, pickles) : errors.missing(id, SINGLE_FILE);
}

async function shardsIn(folder: string): Promise<readonly string[]> {
  const file = join(folder, INDEX_FILE);
  const text = await readFile(file, 'utf8');
  try {
    return shardsOf(JSON.parse(text), file).shards;
  } catch (error) {
    throw error instanceof SyntaxError ? checkpointErrors.json(file, 'the file is not JSON', error) : error;
  }
}

/** The snapshot of a revision if every file of it is there. */
async function completeSnapshot(cache: HubCache, revision: string): Promise<string | null> {
  const commit = await cache.commitOf(revision);
  if (commit === null) return null;
  const folder = cache.snapshot(commit);
  const has = async (name: string) => (await sizeOf(join(folder, name))) !== null;
  const all = async (names: readonly string[]) => (await Promise.all(names.map(has))).every(Boolean);
  if (!(await all(REQUIRED))) return null;
  if (await has(SINGLE_FILE)) return folder;
  const shards = await shardsIn(folder).catch(() => null);
  return shards !== null && (await all(shards)) ? folder : null;
}

function toRemoteFile(
  id: string,
  entry: { path: string; size: number; oid?: string; lfs?: { oid: string; size: number } },
) {
  const etag = entry.lfs?.oid ?? entry.oid ?? '';
  const size = entry.lfs?.size ?? entry.size;
  // The hash becomes a file name in the cache.
  if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(etag))
    throw errors.listing(id, `${entry.path} has no usable hash`);
  if (!Number.isSafeInteger(size) || size < 0) throw errors.listing(id, `${entry.path} has no usable size`);
  return { name: entry.path, size, etag };
}

function translate(id: string, { endpoint, revision, token }: HubOptions, error: unknown): BitlossError {
  if (error instanceof BitlossError) return error;
  if (error instanceof HubApiError) {
    const { statusCode } = error;
    if (statusCode === 401 || statusCode === 403) return errors.denied(id, statusCode, token !== null, error);
    return statusCode === 404
      ? errors.notFound(id, revision, error)
      : errors.failed(id, `status ${statusCode}`, error);
  }
  // fetch throws a TypeError with a cause for every failure to connect.
  if (error instanceof TypeError && error.cause !== undefined) return errors.network(id, endpoint, error);
  return errors.failed(id, 'the answer could not be read', error);
}
