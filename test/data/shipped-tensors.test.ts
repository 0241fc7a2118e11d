/** The statistics that the repository holds are those of the models it ships, and small. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tensorFileSchema } from '../../data/tensor-schema.ts';
import { DATA } from './data-folder.ts';

const folder = join(DATA, 'tensors/bitloss');
const models = readdirSync(join(DATA, 'models')).sort();

it('every shipped model has a file, and no other', () => {
  expect(readdirSync(folder).sort()).toEqual(models.map((id) => `${id}.json`));
});

it.each(models)('%s: measured by committed code on these very weights', (id) => {
  const text = readFileSync(join(folder, `${id}.json`), 'utf8');
  expect(text.length).toBeLessThan(15 * 1024);
  const { measured, rows } = tensorFileSchema.parse(JSON.parse(text));
  expect(measured).toMatchObject({ code_commit: expect.stringMatching(/^[0-9a-f]{40}$/), code_dirty: false });
  for (const { name, sha256 } of measured.model.weights) {
    const bytes = readFileSync(join(DATA, 'models', id, name));
    expect(createHash('sha256').update(bytes).digest('hex'), `${id}/${name}`).toBe(sha256);
  }
  const kinds = new Set(rows.map(([, , tensor]) => tensor));
  expect(kinds.size).toBe(measured.notes.length === 0 ? 4 : 2);
});
