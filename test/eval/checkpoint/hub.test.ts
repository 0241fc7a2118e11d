/** Fetching models: what is asked for, what lands in the cache, and what happens when things go wrong. */
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type HubOptions, hubEnvironment, resolveModel } from '../../../eval/checkpoint/hub.ts';
import { hashLike, snapshotRevision } from '../../../eval/checkpoint/hub-cache.ts';
import { COMMIT, ID, type SmallHub, startSmallHub } from './small-hub.ts';

const WEIGHTS = Buffer.alloc(2_500_000, 'weights ');
const FILES = new Map([
  ['config.json', Buffer.from('{"model_type":"llama"}')],
  ['tokenizer.json', Buffer.from('{}')],
  ['tokenizer_config.json', Buffer.from('{"bos_token":"<s>"}')],
  ['model.safetensors', WEIGHTS],
  ['README.md', Buffer.from('not needed')],
  ['pytorch_model.bin', Buffer.from('not needed either')],
]);

let hub: SmallHub;
let cacheFolder: string;
let lines: string[];

beforeEach(async () => {
  hub = await startSmallHub(FILES);
  cacheFolder = await mkdtemp(join(tmpdir(), 'bitloss-hub-'));
  lines = [];
});
afterEach(async () => {
  await hub.close();
  await rm(cacheFolder, { recursive: true, force: true });
});

const options = (changes: Partial<HubOptions> = {}): HubOptions => ({
  endpoint: hub.endpoint,
  token: null,
  cacheFolder,
  offline: false,
  revision: 'main',
  log: (line) => lines.push(line),
  ...changes,
});
const fetchModel = (changes: Partial<HubOptions> = {}) => resolveModel(ID, options(changes));
const bodies = () => hub.seen.filter((line) => line.includes('/resolve/') && !line.endsWith('bytes=0-0'));
const blobs = async () => readdir(join(cacheFolder, 'models--acme--tiny', 'blobs'));

describe('a model id', () => {
  test('is fetched into the usual cache layout, needed files only', async () => {
    const folder = await fetchModel();
    expect(folder).toBe(join(cacheFolder, 'models--acme--tiny', 'snapshots', COMMIT));
    expect(snapshotRevision(folder)).toBe(COMMIT);
    expect((await readdir(folder)).sort()).toEqual([
      'config.json',
      'model.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    expect(await readFile(join(folder, 'model.safetensors'))).toEqual(WEIGHTS);
    const target = await readlink(join(folder, 'config.json'));
    // `git hash-object` of {"model_type":"llama"}
    expect(target).toBe('../../blobs/0972e95c1405cc1507c19dcbe784f7a36c930907');
    expect(await readFile(join(cacheFolder, 'models--acme--tiny', 'refs', 'main'), 'utf8')).toBe(COMMIT);
    expect(await blobs()).toHaveLength(4);
  });

  test('is not fetched twice', async () => {
    await fetchModel();
    const before = bodies().length;
    await fetchModel();
    expect(bodies()).toHaveLength(before);
    hub.seen.length = 0;
    await fetchModel({ revision: COMMIT });
    expect(hub.seen).toEqual([]);
  });

  test('comes from the cache when the hub cannot be reached, or must not be', async () => {
    const folder = await fetchModel();
    await hub.close();
    expect(await fetchModel()).toBe(folder);
    expect(lines.at(-1)).toMatch(/cannot be reached; using the copy in the cache/);
    expect(await fetchModel({ offline: true })).toBe(folder);
  });

  test('with shards brings all shards of the index and nothing else', async () => {
    hub.files.delete('model.safetensors');
    const shards = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
    const weight_map = { a: shards[0], b: shards[1] };
    hub.files.set('model.safetensors.index.json', Buffer.from(JSON.stringify({ metadata: {}, weight_map })));
    for (const name of [...shards, 'consolidated.safetensors']) hub.files.set(name, Buffer.from(name));
    const folder = await fetchModel();
    expect(await readdir(folder)).toEqual(expect.arrayContaining(shards));
    expect(await readdir(folder)).not.toContain('consolidated.safetensors');
    // A snapshot that lacks a shard is no copy to fall back on.
    await rm(join(folder, shards[1]!));
    await expect(fetchModel({ offline: true })).rejects.toMatchObject({ code: 'hub/offline' });
  });

  test('sends the token', async () => {
    hub.token = 'hf_right';
    await expect(fetchModel()).rejects.toMatchObject({ code: 'hub/denied' });
    await expect(fetchModel({ token: 'hf_wrong' })).rejects.toMatchObject({ code: 'hub/denied' });
    expect(await fetchModel({ token: 'hf_right' })).toContain(COMMIT);
  });

  test('that is a folder is used as it is', async () => {
    expect(await resolveModel(cacheFolder, options())).toBe(cacheFolder);
    expect(hub.seen).toEqual([]);
  });
});

describe('an interrupted download', () => {
  // How many bytes arrive before a broken connection is noticed differs from time to time.
  const firstByte = (line: string) => Number(/bytes=(\d+)-/.exec(line)?.[1] ?? 0);
  const weightRequests = () => bodies().filter((line) => line.includes('model.safetensors'));

  test('goes on where it stopped', async () => {
    hub.cutAfter = 700_000;
    await fetchModel();
    const starts = weightRequests().map(firstByte);
    expect(starts.length).toBeGreaterThanOrEqual(4);
    expect(starts).toEqual([...new Set(starts)].sort((a, b) => a - b));
    const [blob] = (await blobs()).filter((name) => name.length === 64);
    expect(await hashLike(blob!, join(cacheFolder, 'models--acme--tiny', 'blobs', blob!))).toBe(blob);
  });

  test('that never ends leaves no snapshot, and the next call goes on', async () => {
    hub.wall = 900_000;
    const error = await fetchModel().catch((caught) => caught);
    expect(error).toMatchObject({ code: 'hub/incomplete', details: { size: 2_500_000 } });
    await expect(fetchModel({ offline: true })).rejects.toMatchObject({ code: 'hub/offline' });
    hub.wall = Number.POSITIVE_INFINITY;
    hub.seen.length = 0;
    await fetchModel();
    expect(weightRequests().map(firstByte)).toEqual([error.details.got]);
    expect(error.details.got).toBeGreaterThan(0);
  });

  test('that brought wrong bytes is thrown away', async () => {
    hub.lies = true;
    await expect(fetchModel()).rejects.toMatchObject({ code: 'hub/corrupt' });
    expect(await blobs()).toEqual([]);
    hub.lies = false;
    expect(await readFile(join(await fetchModel(), 'model.safetensors'))).toEqual(WEIGHTS);
  });

  test('whose first part was damaged on disk is noticed', async () => {
    hub.wall = 900_000;
    await expect(fetchModel()).rejects.toThrow();
    hub.wall = Number.POSITIVE_INFINITY;
    const [partial] = (await blobs()).filter((name) => name.endsWith('.incomplete'));
    await writeFile(join(cacheFolder, 'models--acme--tiny', 'blobs', partial!), Buffer.alloc(900_000));
    await expect(fetchModel()).rejects.toMatchObject({ code: 'hub/corrupt' });
    expect(await fetchModel()).toContain(COMMIT);
  });
});

describe('errors', () => {
  test.for([
    [401, 'hub/denied'],
    [403, 'hub/denied'],
    [404, 'hub/not-found'],
    [500, 'hub/failed'],
  ] as const)('status %i is %s', async ([status, code]) => {
    hub.status = status;
    await expect(fetchModel()).rejects.toMatchObject({ code });
  });

  test('no network', async () => {
    await hub.close();
    const error = await fetchModel().catch((caught: Error) => caught);
    expect((error as Error).message.replace(/:\d+/, ':PORT')).toMatchInlineSnapshot(
      `"[hub] acme/tiny: http://127.0.0.1:PORT cannot be reached (ECONNREFUSED), and the cache has no complete copy. Check the connection and HF_ENDPOINT, or give a folder that has the model."`,
    );
  });

  test('only pickles', async () => {
    hub.files.delete('model.safetensors');
    await expect(fetchModel()).rejects.toMatchObject({ code: 'checkpoint/pickle' });
    expect(bodies()).toEqual([]);
  });

  test('a missing tokenizer', async () => {
    hub.files.delete('tokenizer.json');
    await expect(fetchModel()).rejects.toMatchObject({
      code: 'hub/missing-file',
      details: { file: 'tokenizer.json' },
    });
  });

  test('an index that points outside its folder', async () => {
    hub.files.delete('model.safetensors');
    hub.files.set(
      'model.safetensors.index.json',
      Buffer.from('{"weight_map":{"a":"../../../x.safetensors"}}'),
    );
    await expect(fetchModel()).rejects.toMatchObject({ code: 'checkpoint/index' });
  });

  test('a cache path that is a file', async () => {
    await mkdir(join(cacheFolder, 'x'));
    await writeFile(join(cacheFolder, 'x', 'models--acme--tiny'), '');
    await expect(fetchModel({ cacheFolder: join(cacheFolder, 'x') })).rejects.toMatchObject({
      code: 'hub/cache-write',
    });
  });

  test.for(['no such folder/x/y', '../up', './missing', 'a--b/c', 'https://huggingface.co/a/b'])(
    '%s is no model id',
    async (name) => {
      await expect(resolveModel(name, options())).rejects.toMatchObject({ code: 'hub/id' });
    },
  );

  test('a revision that climbs out of the cache', async () => {
    await expect(fetchModel({ revision: '../../etc' })).rejects.toMatchObject({ code: 'hub/revision' });
  });

  test('a token that is none is not sent', async () => {
    await expect(fetchModel({ token: 'secret' })).rejects.toMatchObject({ code: 'hub/token' });
    expect(hub.seen).toEqual([]);
  });
});

test('the environment of all Hugging Face tools is understood', () => {
  expect(
    hubEnvironment({ HF_ENDPOINT: 'http://h/', HF_TOKEN: 'hf_x', HF_HOME: '/h', HF_HUB_OFFLINE: '1' }),
  ).toEqual({
    endpoint: 'http://h',
    token: 'hf_x',
    cacheFolder: '/h/hub',
    offline: true,
  });
  expect(hubEnvironment({ HF_HUB_CACHE: '/c', HF_HOME: '/h' }).cacheFolder).toBe('/c');
  expect(hubEnvironment({ XDG_CACHE_HOME: '/x' })).toMatchObject({
    endpoint: 'https://huggingface.co',
    token: null,
    cacheFolder: '/x/huggingface/hub',
    offline: false,
  });
});
