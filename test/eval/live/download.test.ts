import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, it, vi } from 'vitest';
import { downloadAll } from '../../../eval/live/download.ts';

const text = 'weights of a model, '.repeat(50);
const packed = gzipSync(text);
const sha256 = createHash('sha256').update(text).digest('hex');
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

function answer(files: Readonly<Record<string, Uint8Array | Error>>): void {
  vi.stubGlobal('fetch', async (url: string) => {
    const file = files[url];
    if (file instanceof Error) throw file;
    return file === undefined ? new Response('', { status: 404 }) : new Response(new Uint8Array(file));
  });
}

afterEach(() => vi.unstubAllGlobals());

it('unpacks what is gzipped, and takes as it is what a host has unpacked on the way', async () => {
  answer({ packed, plain: Buffer.from(text) });
  const files = [
    { url: 'packed', bytes: packed.length, sha256 },
    { url: 'plain', bytes: packed.length, sha256 },
  ];
  const told: number[] = [];
  const loaded = await downloadAll(files, (done, total) => {
    expect(total).toBe(2 * packed.length);
    told.push(done);
  });
  expect(loaded.map(decode)).toEqual([text, text]);
  expect(told.at(-1)).toBe(2 * packed.length);
  expect(Math.max(...told)).toBe(2 * packed.length);
});

it('says which file is missing, could not be reached, or came damaged', async () => {
  answer({ unreachable: new TypeError('Failed to fetch'), damaged: packed.subarray(0, 30) });
  const load = (url: string) => downloadAll([{ url, bytes: 1, sha256 }], () => undefined);
  await expect(load('missing')).rejects.toMatchObject({
    code: 'live/download',
    message: expect.stringContaining('missing: the file could not be loaded, status 404'),
  });
  await expect(load('unreachable')).rejects.toMatchObject({
    code: 'live/download',
    message: expect.stringContaining('Failed to fetch'),
  });
  await expect(load('damaged')).rejects.toMatchObject({ code: 'live/unpack' });
});

it('fetches what came damaged once more, past the caches, and says so where it stays damaged', async () => {
  const other = text.replace('weights', 'weighed');
  const asked: (string | undefined)[] = [];
  const answers = [other, text, other, other];
  vi.stubGlobal('fetch', async (_: string, { cache }: RequestInit) => {
    asked.push(cache);
    return new Response(answers[asked.length - 1]);
  });
  const load = () => downloadAll([{ url: 'codes', bytes: 1, sha256 }], () => undefined);
  expect((await load()).map(decode)).toEqual([text]);
  await expect(load()).rejects.toMatchObject({
    code: 'live/other-content',
    message: expect.stringContaining('codes: the file came damaged'),
  });
  expect(asked).toEqual(['default', 'reload', 'default', 'reload']);
});
