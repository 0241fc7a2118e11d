/** Files of tensor statistics: replaced as a whole here, never overwritten where they are published. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { TensorRow } from '../../../data/tensor-schema.ts';
import { formatTensorFile, publishTensorFile, writeTensorFile } from '../../../eval/store/tensor-file.ts';
import { tensorFile } from '../../data/tensor-file.ts';
import { scratchFolder } from '../pipeline/places.ts';

const row: TensorRow = [0, 'layers.0.q', 'weight', 100, 0.5, 0.25, 3, 4];
const content = tensorFile({ rows: [row] });

test('a local file is replaced', async () => {
  const folder = path.join(scratchFolder(), 'tensors');
  await writeTensorFile(folder, content);
  const other = tensorFile({ rows: [row], created_at: '2027-01-01T00:00:00.000Z' });
  const file = await writeTensorFile(folder, other);
  expect(readFileSync(file, 'utf8')).toBe(formatTensorFile(other));
  expect(readdirSync(folder)).toEqual(['bitloss-llama-3m.json']);
});

test('a published file stays where the numbers are the same, and is never replaced by others', async () => {
  const folder = scratchFolder();
  const file = await publishTensorFile(folder, content);
  const again = tensorFile({ rows: [row], created_at: '2027-01-01T00:00:00.000Z' });
  expect(await publishTensorFile(folder, again)).toBe(file);
  expect(readFileSync(file, 'utf8')).toBe(formatTensorFile(content));
  const other = tensorFile({ rows: [[0, 'layers.0.q', 'weight', 100, 0.5, 0.25, 3.5, 4]] });
  await expect(publishTensorFile(folder, other)).rejects.toMatchObject({ code: 'store/exists' });
  expect(readFileSync(file, 'utf8')).toBe(formatTensorFile(content));
  writeFileSync(file, '{"schema": 1');
  await expect(publishTensorFile(folder, content)).rejects.toMatchObject({ code: 'store/exists' });
});
