/** Finding, unpacking and checking files of a data folder. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BitlossError } from '../../../data/errors.ts';
import { type Doc, defineDataset } from '../../../eval/datasets/dataset.ts';
import { decompress } from '../../../eval/datasets/decompress.ts';
import { hellaswag } from '../../../eval/datasets/hellaswag.ts';
import { lambada } from '../../../eval/datasets/lambada.ts';
import { loadDataset } from '../../../eval/datasets/load.ts';
import { piqa } from '../../../eval/datasets/piqa.ts';
import { worldQuestions } from '../../../eval/datasets/world.ts';

let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bitloss-data-'));
});

afterAll(() => rm(root, { recursive: true }));

async function dataFolder(
  name: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<string> {
  const folder = join(root, name);
  await mkdir(folder);
  for (const [file, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), content);
  }
  return folder;
}

/** A dataset that the catalogue does not know: one file, a document a line. */
const lines = defineDataset<Doc>({
  source: 'folder',
  id: 'lines',
  title: 'Lines',
  origin: 'lines.txt from somewhere',
  forms: [
    {
      files: ['lines/lines.txt'],
      parse: ([file]) =>
        file!.text
          .split('\n')
          .filter(Boolean)
          .map((id) => ({ id })),
    },
    { files: ['lines/a.txt', 'lines/b.txt'], parse: (files) => files.map(({ text }) => ({ id: text })) },
  ],
});

/** bzip2 of "Ice fishing: A man sits on the ice. he\n2\nswims.\nsings.\nwaits.\nflies.\n", by Python’s bz2. */
const BZ2 = Buffer.from(
  'QlpoOTFBWSZTWWw1RB4AAAtdgAAQQAEQECAgK+eMgCAASIp+STanqYh6ZQieUAGjQHXiw5Ui+4QIitpzW8xHwBZsIayZw9pEm/a0UfVhpo5kAUNvi7kinChINhqiDwA=',
  'base64',
);

async function failure(promise: Promise<unknown>, folder = root): Promise<string> {
  const error = await promise.then(
    () => new Error('nothing was refused'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof BitlossError)) throw error;
  return `${error.code}: ${error.message}`.replaceAll(folder, 'DATA');
}

test('plain, gzip and bzip2 give the same text; the digest is that of the plain bytes', async () => {
  const plain = await loadDataset(lines, await dataFolder('plain', { 'lines/lines.txt': 'a\nb\n' }));
  expect(plain.docs).toEqual([{ id: 'a' }, { id: 'b' }]);
  // printf 'a\nb\n' | sha256sum
  const sha256 = '911169ddaaf146aff539f58c26c489af3b892dff0fe283c1c264c65ae5aa59a2';
  expect(plain.files).toEqual([{ name: 'lines/lines.txt', sha256, bytes: 4 }]);
  const zipped = await loadDataset(
    lines,
    await dataFolder('gz', { 'lines/lines.txt.gz': gzipSync('a\nb\n') }),
  );
  expect(zipped).toEqual({ docs: plain.docs, files: [{ name: 'lines/lines.txt.gz', sha256, bytes: 4 }] });
  expect(Buffer.from(decompress('x.bz2', BZ2)).toString()).toMatch(
    /^Ice fishing: A man sits on the ice\. he\n2\nswims\./,
  );
});

test('a second form is read where the first is not there', async () => {
  const folder = await dataFolder('forms', { 'lines/a.txt': 'x', 'lines/b.txt.gz': gzipSync('y') });
  expect((await loadDataset(lines, folder)).docs).toEqual([{ id: 'x' }, { id: 'y' }]);
});

test('a file that unpacks to more than allowed is refused before it fills the memory', () => {
  expect(() => decompress('x.gz', gzipSync(Buffer.alloc(1000)), 999)).toThrow();
  expect(() => decompress('x.bz2', BZ2, 60)).toThrow('more than 60 bytes');
});

test('generated documents are recorded by their content', async () => {
  const { docs, files } = await loadDataset(worldQuestions, null);
  expect(files).toMatchObject([{ name: 'world-questions.jsonl' }]);
  expect(files[0]!.bytes).toBeGreaterThan(docs.length * 50);
  expect((await loadDataset(worldQuestions, null)).files).toEqual(files);
});

test('missing folder, missing files', async () => {
  expect(await failure(loadDataset(piqa, null))).toMatchInlineSnapshot(
    `"data/no-folder: [data] piqa: this dataset is not part of the project and no data folder was given. Make a folder with piqa/valid.jsonl and piqa/valid-labels.lst (valid.jsonl and valid-labels.lst from the authors’ page (Bisk et al. 2020, arXiv:1911.11641), 1,838 lines each) and give it with --data."`,
  );
  expect(await failure(loadDataset(piqa, join(root, 'nowhere')), root)).toMatchInlineSnapshot(
    `"data/missing-folder: [data] piqa: the data folder DATA/nowhere does not exist or is not a folder. Check the path given with --data."`,
  );
  const folder = await dataFolder('half', { 'piqa/valid.jsonl': '{}' });
  expect(await failure(loadDataset(piqa, folder), folder)).toMatchInlineSnapshot(
    `"data/missing-file: [data] piqa: DATA has no piqa/valid-labels.lst, neither plain nor as .gz or .bz2. Put it there. This dataset is valid.jsonl and valid-labels.lst from the authors’ page (Bisk et al. 2020, arXiv:1911.11641), 1,838 lines each."`,
  );
  expect(await failure(loadDataset(hellaswag, folder), folder)).toMatchInlineSnapshot(
    `"data/missing-file: [data] hellaswag: DATA has no hellaswag/hellaswag_val.jsonl, or hellaswag/hellaswag_val_full.txt, neither plain nor as .gz or .bz2. Put it there. This dataset is hellaswag_val.jsonl of the authors (Zellers et al. 2019, arXiv:1905.07830), 10,042 lines, or hellaswag_val_full.txt made from it for llama.cpp, 60,252 lines."`,
  );
});

test('damaged files', async () => {
  const folder = await dataFolder('damaged', { 'lines/lines.txt.gz': gzipSync('a\nb\n').subarray(0, 15) });
  expect(await failure(loadDataset(lines, folder), folder)).toMatchInlineSnapshot(
    `"data/unreadable-file: [data] lines: lines/lines.txt.gz: it cannot be unpacked (unexpected end of file). Get the file again."`,
  );
  const flipped = Buffer.from(BZ2);
  flipped[60]! ^= 8;
  expect(() => decompress('x.bz2', flipped)).toThrow();
  expect(() => decompress('x.bz2', BZ2.subarray(0, 40))).toThrow();
  expect(() => decompress('x.bz2', Buffer.from('plain text'))).toThrow();
  const latin = await dataFolder('latin', { 'lines/lines.txt': Buffer.from([0x61, 0xe9, 0x0a]) });
  expect(await failure(loadDataset(lines, latin), latin)).toMatchInlineSnapshot(
    `"data/unreadable-file: [data] lines: lines/lines.txt: it is not UTF-8 text (The encoded data was not valid for encoding utf-8). Get the file again."`,
  );
  const empty = await dataFolder('empty', { 'lines/lines.txt': '' });
  expect(await failure(loadDataset(lines, empty), empty)).toMatchInlineSnapshot(
    `"data/empty: [data] lines: lines/lines.txt: no items at all. Get the file again."`,
  );
  const twice = await dataFolder('twice', { 'lines/lines.txt': 'a\na\n' });
  expect(await failure(loadDataset(lines, twice), twice)).toMatchInlineSnapshot(`
    "data/malformed: [data] lines: 1 problem:
      - lines/lines.txt: two items have the id "a". Correct the file or get it again."
  `);
});

test('a file that is not the catalogued one is refused', async () => {
  const folder = await dataFolder('other', { 'lambada/lambada_test.jsonl': '{"text": "some other text"}\n' });
  expect(await failure(loadDataset(lambada, folder), folder)).toMatchInlineSnapshot(
    `"data/digest: [data] lambada: lambada/lambada_test.jsonl has sha256 726e6f96f9cd1b5d6bf4f962ea195849277e61ca27d93b7f69484669b1196c9c where data/datasets.json says 4aa8d02cd17c719165fc8a7887fddd641f43fcafa4b1c806ca8abc31fabdb226, so scores could not be compared. Get the file again, or change its entry in data/datasets.json if another version is meant."`,
  );
});
