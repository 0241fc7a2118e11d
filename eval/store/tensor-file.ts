/** Files of tensor statistics: `<results>/tensors/<model>.json`, or published below `data/tensors/<who>/`. */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type TensorFile, tensorFileSchema } from '../../data/tensor-schema.ts';
import { storeErrors } from '../errors/run.ts';
import { replaceFile } from './files.ts';
import { isFile } from './run-file.ts';

/** Replaces the file of the model in `folder` in one step and returns its path. Throws `store/…`. */
export async function writeTensorFile(folder: string, content: TensorFile): Promise<string> {
  const file = tensorFilePath(folder, content);
  await replaceFile(file, (temporary) => writeFile(temporary, formatTensorFile(content)));
  return file;
}

/**
 * The same, but never over other numbers; a file that has the same ones stays as it is.
 * @throws store/exists, store/…
 */
export async function publishTensorFile(folder: string, content: TensorFile): Promise<string> {
  const file = tensorFilePath(folder, content);
  if (!(await isFile(file))) return writeTensorFile(folder, content);
  if (!(await holdsSame(file, content))) throw storeErrors.exists(file);
  return file;
}

/** One line a row, so that a change of one tensor is a change of one line. */
export function formatTensorFile({ schema, measured, columns, rows }: TensorFile): string {
  const lines = rows.map((row) => JSON.stringify(row)).join(',\n');
  return `{\n"schema": ${schema},\n"measured": ${JSON.stringify(measured, null, 1)},\n"columns": ${JSON.stringify(columns)},\n"rows": [\n${lines}\n]\n}\n`;
}

function tensorFilePath(folder: string, { measured }: TensorFile): string {
  return path.join(folder, `${measured.model.id}.json`);
}

async function holdsSame(file: string, content: TensorFile): Promise<boolean> {
  const present = tensorFileSchema.safeParse(
    await readFile(file, 'utf8')
      .then(JSON.parse)
      .catch(() => null),
  );
  if (!present.success) return false;
  const numbers = ({ measured: { model, text }, rows }: TensorFile) =>
    JSON.stringify([model.weights, text, rows]);
  return numbers(present.data) === numbers(content);
}
