/** Reading .safetensors files that are right, and refusing those that are not. */
import { mkdtemp, open, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSafetensors } from '../../../eval/checkpoint/open-safetensors.ts';
import { denseTensor, writeSafetensors } from '../../../eval/checkpoint/safetensors-writer.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bitloss-safetensors-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let counter = 0;
const fresh = () => join(folder, `${counter++}.safetensors`);

/** A file with the given header and as many bytes of data. */
async function fileWith(header: unknown, dataBytes: number): Promise<string> {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  return bytesFile([lengthField(BigInt(text.length)), text, Buffer.alloc(dataBytes)]);
}

async function bytesFile(parts: readonly Buffer[]): Promise<string> {
  const path = fresh();
  await writeFile(path, Buffer.concat(parts));
  return path;
}

function lengthField(length: bigint): Buffer {
  const field = Buffer.alloc(8);
  field.writeBigUInt64LE(length);
  return field;
}

const f32 = (shape: number[], from: number, to: number) => ({
  dtype: 'F32',
  shape,
  data_offsets: [from, to],
});
const opened = async (path: string) => (await openSafetensors(path)).close();
const codeOf = async (path: string) =>
  opened(path).then(
    () => 'opened',
    (error: { code: string }) => error.code,
  );
const problemsOf = async (path: string): Promise<string[]> =>
  opened(path).then(
    () => ['opened'],
    (error: { code: string; details: { problems?: string[] } }) => error.details.problems ?? [error.code],
  );
/** A message without what differs between machines. */
const shown = (error: Error) =>
  error.message.replace(folder, 'FOLDER').replace(/\d+\.safetensors/, 'x.safetensors');

describe('values', () => {
  test('bf16, fp16 and fp32 become the float32 that their bits say', async () => {
    // Little-endian: 1.0, -2.0, 3.140625 in bf16; 1.0, 65504, 2^-24 in fp16; 0.1 in fp32.
    const data = Buffer.from('803f00c04940' + '003cff7b0100' + 'cdcccc3d', 'hex');
    const header = {
      a: { dtype: 'BF16', shape: [3], data_offsets: [0, 6] },
      b: { dtype: 'F16', shape: [3], data_offsets: [6, 12] },
      c: f32([1, 1], 12, 16),
    };
    const text = Buffer.from(JSON.stringify(header));
    const file = await openSafetensors(await bytesFile([lengthField(BigInt(text.length)), text, data]));
    expect([...(await file.read('a', 0, 3))]).toEqual([1, -2, 3.140625]);
    expect([...(await file.read('b', 0, 3))]).toEqual([1, 65504, 2 ** -24]);
    expect([...(await file.read('c', 0, 1))]).toEqual([Math.fround(0.1)]);
    expect([...(await file.read('a', 1, 2))]).toEqual([-2]);
    expect([...(await file.read('a', 3, 3))]).toEqual([]);
    await expect(file.read('a', 1, 4)).rejects.toMatchObject({ code: 'safetensors/range' });
    await expect(file.read('d', 0, 1)).rejects.toMatchObject({ code: 'safetensors/unknown-tensor' });
    await file.close();
  });

  test('a tensor larger than one piece is read whole, and any part of it', async () => {
    const size = 5_000_000;
    const values = Float32Array.from({ length: size }, (_, i) => i % 251);
    for (const dtype of ['BF16', 'F32'] as const) {
      const path = fresh();
      await writeSafetensors(path, [denseTensor('w', dtype, [size], values)]);
      const file = await openSafetensors(path);
      expect(Buffer.from((await file.read('w', 0, size)).buffer).equals(Buffer.from(values.buffer))).toBe(
        true,
      );
      expect([...(await file.read('w', 4_194_303, 4_194_306))]).toEqual([
        ...values.subarray(4_194_303, 4_194_306),
      ]);
      await file.close();
    }
  });

  test.for(['NaN', 'Infinity', '-Infinity'])('%s is refused with the tensor and the count', async (name) => {
    for (const dtype of ['BF16', 'F16', 'F32'] as const) {
      const path = fresh();
      await writeSafetensors(path, [
        denseTensor('layer.weight', dtype, [4], Float32Array.of(1, Number(name), 2, Number(name))),
      ]);
      const file = await openSafetensors(path);
      expect([...(await file.read('layer.weight', 0, 1))]).toEqual([1]);
      await expect(file.read('layer.weight', 0, 4)).rejects.toMatchObject({
        code: 'safetensors/not-finite',
        details: { name: 'layer.weight', count: 2, read: 4 },
      });
      await file.close();
    }
  });

  test('a type that holds no weights is refused when it is read, not before', async () => {
    const file = await openSafetensors(
      await fileWith({ q: { dtype: 'I32', shape: [2], data_offsets: [0, 8] } }, 8),
    );
    await expect(file.read('q', 0, 2)).rejects.toMatchObject({
      code: 'safetensors/dtype',
      details: { dtype: 'I32' },
    });
    await file.close();
  });

  test('a file that shrinks while it is open', async () => {
    const path = await fileWith({ a: f32([4], 0, 16) }, 16);
    const file = await openSafetensors(path);
    await truncate(path, 70);
    await expect(file.read('a', 0, 4)).rejects.toMatchObject({ code: 'safetensors/short-read' });
    await file.close();
  });
});

describe('headers', () => {
  test('a header length beyond the file', async () => {
    const error = await openSafetensors(await bytesFile([lengthField(2n ** 63n), Buffer.from('{}')])).catch(
      (caught) => caught,
    );
    expect(shown(error)).toMatchInlineSnapshot(
      `"[safetensors] FOLDER/x.safetensors: the header claims 9223372036854775808 bytes, but only 2 are possible. Check that the file is a complete .safetensors file; a pickle or a text file reads like this too."`,
    );
    expect(await codeOf(await bytesFile([lengthField(3n), Buffer.from('{}')]))).toBe(
      'safetensors/header-too-long',
    );
  });

  test('a header over 100 MB, though the file has room for it', async () => {
    const path = fresh();
    const handle = await open(path, 'w');
    await handle.write(lengthField(100_000_001n));
    await handle.truncate(200_000_000);
    await handle.close();
    expect(await codeOf(path)).toBe('safetensors/header-too-long');
  });

  test.for([
    ['an empty file', []],
    ['a file of four bytes', [Buffer.from('abcd')]],
    ['a length and nothing else', [lengthField(0n)]],
  ] as const)('%s', async ([, parts]) => {
    expect(await codeOf(await bytesFile(parts))).toBe('safetensors/too-small');
  });

  test.for(['nonsense', '[]', 'null', '{"a":', '"text"', '{} {}'])('%s is no header', async (text) => {
    expect(await codeOf(await fileWith(text, 0))).toBe('safetensors/header-json');
  });

  test('bytes that are not UTF-8', async () => {
    expect(await codeOf(await bytesFile([lengthField(4n), Buffer.from('7bff007d', 'hex')]))).toBe(
      'safetensors/header-json',
    );
  });

  test('an empty header, padding and metadata are fine', async () => {
    const file = await openSafetensors(
      await fileWith(
        '{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}    ',
        4,
      ),
    );
    expect([...file.tensors.keys()]).toEqual(['a']);
    expect([...(await file.read('a', 0, 1))]).toEqual([0]);
    await file.close();
    expect(await codeOf(await fileWith('{}', 0))).toBe('opened');
  });
});

describe('entries', () => {
  test.for<[string, unknown, number, string]>([
    ['overlap', { a: f32([2], 0, 8), b: f32([2], 4, 12) }, 12, 'tensor "b" overlaps "a" by 4 bytes'],
    [
      'one inside another',
      { a: f32([4], 0, 16), b: f32([1], 4, 8) },
      16,
      'tensor "b" overlaps "a" by 12 bytes',
    ],
    [
      'the same place twice',
      { a: f32([1], 0, 4), b: f32([1], 0, 4) },
      4,
      'tensor "b" overlaps "a" by 4 bytes',
    ],
    [
      'a hole',
      { a: f32([1], 0, 4), b: f32([1], 8, 12) },
      12,
      '4 bytes between "a" and "b" belong to no tensor',
    ],
    [
      'a hole at the start',
      { a: f32([1], 4, 8) },
      8,
      '4 bytes between "the header" and "a" belong to no tensor',
    ],
    ['bytes left over', { a: f32([1], 0, 4) }, 9, '5 bytes at the end belong to no tensor'],
    [
      'data beyond the file',
      { a: f32([4], 0, 16) },
      12,
      'tensor "a": data_offsets end at 16, but the file has 12 bytes of data',
    ],
    ['backwards', { a: f32([1], 8, 4) }, 8, 'tensor "a": data_offsets 8…4 run backwards'],
    ['negative', { a: f32([1], -4, 0) }, 8, 'tensor "a": data_offsets [-4,0] are not two whole numbers'],
    [
      'not whole',
      { a: f32([1], 0.5, 4.5) },
      8,
      'tensor "a": data_offsets [0.5,4.5] are not two whole numbers',
    ],
    [
      'beyond all integers',
      { a: f32([1], 0, 1e300) },
      8,
      'tensor "a": data_offsets [0,1e+300] are not two whole numbers',
    ],
    [
      'three offsets',
      { a: { ...f32([1], 0, 4), data_offsets: [0, 4, 8] } },
      4,
      'tensor "a": data_offsets [0,4,8] are not two whole numbers',
    ],
    [
      'misaligned',
      { a: { dtype: 'U8', shape: [2], data_offsets: [0, 2] }, b: f32([1], 2, 6) },
      6,
      'tensor "b": data_offsets begin at 2, not a multiple of the 4 bytes of F32',
    ],
    [
      'too few bytes',
      { a: f32([2, 3], 0, 20) },
      20,
      'tensor "a": shape [2, 3] of F32 needs 24 bytes, data_offsets hold 20',
    ],
    [
      'an absurd shape',
      { a: f32([2 ** 40, 2 ** 40], 0, 4) },
      4,
      `tensor "a": shape [${2 ** 40}, ${2 ** 40}] of F32 needs ${2 ** 82} bytes, data_offsets hold 4`,
    ],
    [
      'a product that wraps to 0 in 64 bits',
      { a: f32([2 ** 32, 2 ** 32], 0, 0) },
      0,
      `tensor "a": shape [${2 ** 32}, ${2 ** 32}] of F32 needs ${2 ** 66} bytes, data_offsets hold 0`,
    ],
    [
      'a negative dimension',
      { a: f32([-1, -1], 0, 4) },
      4,
      'tensor "a": shape [-1,-1] is not a list of at most 8 whole numbers',
    ],
    [
      'too many dimensions',
      { a: f32(new Array(9).fill(1), 0, 4) },
      4,
      'tensor "a": shape [1,1,1,1,1,1,1,1,1] is not a list of at most 8 whole numbers',
    ],
    [
      'no shape',
      { a: { dtype: 'F32', data_offsets: [0, 4] } },
      4,
      'tensor "a": shape undefined is not a list of at most 8 whole numbers',
    ],
    [
      'an unknown dtype',
      { a: { dtype: 'Q4_K', shape: [1], data_offsets: [0, 1] } },
      1,
      'tensor "a": unknown dtype "Q4_K"',
    ],
    [
      'a dtype that every object has',
      { a: { dtype: 'constructor', shape: [1], data_offsets: [0, 1] } },
      1,
      'tensor "a": unknown dtype "constructor"',
    ],
    ['an entry that is a list', { a: [] }, 0, 'tensor "a": unknown dtype undefined'],
    ['an entry that is its own name', { a: 'a' }, 0, 'tensor "a": its entry is not an object'],
    ['an entry that is null', { a: null }, 0, 'tensor "a": its entry is not an object'],
  ])('%s', async ([, header, dataBytes, problem]) => {
    expect(await problemsOf(await fileWith(header, dataBytes))).toEqual([problem]);
  });

  test('the same name twice', async () => {
    const entry = '{"dtype":"F32","shape":[1],"data_offsets":[0,4]}';
    expect(
      await problemsOf(
        await fileWith(`{"a":${entry},"b":${entry.replace('[0,4]', '[4,8]')},"\\u0061":${entry}}`, 8),
      ),
    ).toEqual(['tensor "a" appears more than once']);
    // Names inside entries, and text that looks like a name, do not count.
    const metadata = '{"a":"\\"a\\":","b":"{"}';
    expect(await problemsOf(await fileWith(`{"__metadata__":${metadata},"a":${entry}}`, 4))).toEqual([
      'opened',
    ]);
  });

  test('a string of many megabytes is no obstacle', async () => {
    for (const piece of ['x', '\\\\', '\\"', 'é']) {
      const header = `{"__metadata__":{"a":"${piece.repeat(4_000_000)}"},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`;
      expect(await problemsOf(await fileWith(header, 4))).toEqual(['opened']);
    }
  });

  test('all problems are reported at once', async () => {
    const error = await openSafetensors(
      await fileWith({ a: f32([1], 0, 8), b: { dtype: 'X', shape: [], data_offsets: [0, 0] } }, 8),
    ).catch((caught) => caught);
    expect(shown(error)).toMatchInlineSnapshot(`
      "[safetensors] FOLDER/x.safetensors: 2 entry problems in the header:
        - tensor "a": shape [1] of F32 needs 4 bytes, data_offsets hold 8
        - tensor "b": unknown dtype "X". Download or convert the file again; nothing was read from it."
    `);
  });

  test('names of properties that all objects have are names like any other', async () => {
    const file = await openSafetensors(
      await fileWith('{"__proto__":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4),
    );
    expect([...file.tensors.keys()]).toEqual(['__proto__']);
    await file.close();
  });
});

describe('the writer', () => {
  test('writes what the reader reads, in every float type, from pieces', async () => {
    const path = fresh();
    const values = Float32Array.of(0.5, -1.5, 2, 0);
    await writeSafetensors(path, [
      denseTensor('a', 'F32', [2, 2], values),
      { name: 'b', dtype: 'BF16', shape: [4], pieces: () => [values.subarray(0, 1), values.subarray(1)] },
      denseTensor('ü "quoted"', 'F16', [4], values),
      denseTensor('bytes', 'U8', [3], Uint8Array.of(1, 2, 3)),
    ]);
    const file = await openSafetensors(path);
    for (const name of ['a', 'b', 'ü "quoted"'])
      expect([...(await file.read(name, 0, 4))]).toEqual([...values]);
    expect((await readFile(path)).readBigUInt64LE(0) % 8n).toBe(0n);
    await file.close();
  });

  test('rounds to bf16 to nearest, ties to even', async () => {
    const path = fresh();
    // Steps of bf16 near 1 are 2^-7: ties at odd multiples of 2^-8.
    const values = Float32Array.of(
      1 + 2 ** -8,
      1 + 3 * 2 ** -8,
      1 + 2 ** -8 + 2 ** -20,
      -(1 + 2 ** -8),
      3.4e38,
    );
    await writeSafetensors(path, [denseTensor('a', 'BF16', [5], values)]);
    const file = await openSafetensors(path);
    expect([...(await file.read('a', 0, 4))]).toEqual([1, 1 + 2 ** -6, 1 + 2 ** -7, -1]);
    await expect(file.read('a', 4, 5)).rejects.toMatchObject({ code: 'safetensors/not-finite' });
    await file.close();
  });

  test.for<[string, Parameters<typeof writeSafetensors>[1]]>([
    ['too little data', [denseTensor('a', 'F32', [3], new Float32Array(2))]],
    ['too much data', [denseTensor('a', 'F32', [1], new Float32Array(2))]],
    [
      'the same name twice',
      [denseTensor('a', 'F32', [1], new Float32Array(1)), denseTensor('a', 'F32', [1], new Float32Array(1))],
    ],
    [
      'an unaligned tensor',
      [denseTensor('a', 'U8', [1], new Uint8Array(1)), denseTensor('b', 'F32', [1], new Float32Array(1))],
    ],
    ['floats as integers', [denseTensor('a', 'I32', [1], new Float32Array(1))]],
  ])('refuses %s and leaves nothing behind', async ([, tensors]) => {
    const before = await readdir(folder);
    await expect(writeSafetensors(fresh(), tensors)).rejects.toMatchObject({ code: 'safetensors/write' });
    expect(await readdir(folder)).toEqual(before);
  });
});
