/** Opens datasets: finds their files in a data folder, unpacks and checks them, and reads the documents. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as errors from '../errors/task.ts';
import type { Dataset, Doc, FolderDataset, Form, GeneratedDataset, TextFile } from './dataset.ts';
import { COMPRESSIONS, decompress } from './decompress.ts';
import { expectedDigests } from './expected-digests.ts';
import { Problems } from './problems.ts';

/** A file that took part, by the content of its plain bytes. */
export interface FileRecord {
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
}

export interface LoadedDataset<D extends Doc> {
  readonly docs: readonly D[];
  readonly files: readonly FileRecord[];
}

interface ReadFile extends TextFile {
  readonly record: FileRecord;
}

/**
 * Reads a dataset. Files of a folder dataset are looked for under `dataFolder`, plain, as `.gz` and as `.bz2`, and
 * their sha256 is compared with that in the catalogue of datasets where it lists them.
 * @throws data/no-folder, data/missing-folder, data/missing-file, data/unreadable-file, data/digest, data/malformed,
 *         data/empty
 */
export async function loadDataset<D extends Doc>(
  dataset: Dataset<D>,
  dataFolder: string | null,
): Promise<LoadedDataset<D>> {
  if (dataset.source === 'generated') return generate(dataset);
  const form = await findForm(dataset, dataFolder);
  const files = await Promise.all(form.files.map((file) => readText(dataset, form.folder, file)));
  const problems = new Problems();
  const docs = form.form.parse(files, problems);
  reportRepeatedIds(docs, files[0]!.name, problems);
  if (problems.found.length > 0) throw errors.malformedDataset(dataset, problems.found);
  if (docs.length === 0)
    throw errors.emptyDataset(
      dataset,
      files.map(({ name }) => name),
    );
  return { docs, files: files.map(({ record }) => record) };
}

/** The documents stand for themselves: their JSON, one a line, is the file that is recorded. */
function generate<D extends Doc>(dataset: GeneratedDataset<D>): LoadedDataset<D> {
  const docs = dataset.generate();
  const bytes = Buffer.from(docs.map((doc) => `${JSON.stringify(doc)}\n`).join(''));
  return { docs, files: [{ name: dataset.file, sha256: sha256(bytes), bytes: bytes.length }] };
}

interface FoundForm<D extends Doc> {
  readonly form: Form<D>;
  readonly folder: string;
  /** As found, relative to the folder. */
  readonly files: readonly string[];
}

/** The first form of which a file exists; every other file of that form has to exist too. */
async function findForm<D extends Doc>(
  dataset: FolderDataset<D>,
  folder: string | null,
): Promise<FoundForm<D>> {
  if (folder === null) throw errors.noDataFolder(dataset);
  if (!(await isDirectory(folder))) throw errors.missingDataFolder(dataset, folder);
  for (const form of dataset.forms) {
    const found = await Promise.all(form.files.map((file) => findFile(folder, file)));
    if (found.every((file) => file === null)) continue;
    const missing = form.files.filter((_, index) => found[index] === null);
    if (missing.length > 0) throw errors.missingDataFile(dataset, folder, missing);
    return { form, folder, files: found.filter((file) => file !== null) };
  }
  throw errors.missingDataFile(dataset, folder, []);
}

async function findFile(folder: string, file: string): Promise<string | null> {
  for (const compression of COMPRESSIONS) {
    const info = await stat(join(folder, file + compression)).catch(() => null);
    if (info?.isFile()) return file + compression;
  }
  return null;
}

async function isDirectory(folder: string): Promise<boolean> {
  return (await stat(folder).catch(() => null))?.isDirectory() ?? false;
}

async function readText(dataset: Dataset, folder: string, name: string): Promise<ReadFile> {
  const stored = await readFile(join(folder, name)).catch((cause: unknown) => {
    throw errors.unreadableDataFile(dataset, name, 'it cannot be read', cause);
  });
  const plain = unpack(dataset, name, stored);
  const record = { name, sha256: sha256(plain), bytes: plain.length };
  const expected = await expectedDigests(dataset.id, name);
  if (expected.length > 0 && !expected.includes(record.sha256) && !expected.includes(sha256(stored))) {
    throw errors.wrongDigest(dataset, name, record.sha256, expected);
  }
  return { name, text: decodeText(dataset, name, plain), record };
}

function unpack(dataset: Dataset, name: string, stored: Uint8Array): Uint8Array {
  try {
    return decompress(name, stored);
  } catch (cause) {
    throw errors.unreadableDataFile(dataset, name, 'it cannot be unpacked', cause);
  }
}

function decodeText(dataset: Dataset, name: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw errors.unreadableDataFile(dataset, name, 'it is not UTF-8 text', cause);
  }
}

function reportRepeatedIds(docs: readonly Doc[], file: string, problems: Problems): void {
  const seen = new Set<string>();
  for (const { id } of docs) {
    if (seen.has(id)) problems.add(file, null, null, `two items have the id "${id}"`);
    seen.add(id);
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
