/** Reads tensor statistics: `tensors/<who>/<model>.json` and `local/tensors/<model>.json`. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { weightsHash } from '../run-rows.ts';
import { TENSOR_COLUMNS, type TensorFile, tensorFileSchema } from '../tensor-schema.ts';
import type { Row } from './insert.ts';
import { lineOfPath } from './json-lines.ts';
import { type Problems, show } from './problems.ts';
import { formatPath, readJson } from './read-json.ts';

export interface TensorTables {
  readonly files: Row[];
  readonly statistics: Row[];
}

/** Files below the data folder, relative to it, sorted. */
export function tensorFiles(root: string): { file: string; owner: string }[] {
  const owners = namesIn(root, 'tensors').map((owner) => ({ folder: `tensors/${owner}`, owner }));
  return [...owners, { folder: 'local/tensors', owner: 'local' }].flatMap(({ folder, owner }) =>
    namesIn(root, folder)
      .filter((name) => name.endsWith('.json'))
      .map((name) => ({ file: `${folder}/${name}`, owner })),
  );
}

function namesIn(root: string, folder: string): string[] {
  const path = join(root, folder);
  return existsSync(path) ? readdirSync(path).sort() : [];
}

/** Rows of the tables `tensor_file` and `tensor_statistic`. Of several files about one model the newest counts. */
export function readTensors(root: string, problems: Problems): TensorTables {
  const newest = new Map<string, { file: string; owner: string; content: TensorFile }>();
  for (const { file, owner } of tensorFiles(root)) {
    const read = readJson(root, file, tensorFileSchema, problems);
    if (read === null) continue;
    const content = read.value;
    check(file, content, (path, found, fix) =>
      problems.add({ file, line: lineOfPath(read.text, path), field: formatPath(path), found, fix }),
    );
    const { id } = content.measured.model;
    const known = newest.get(id)?.content.measured.created_at ?? '';
    if (content.measured.created_at > known) newest.set(id, { file, owner, content });
  }
  const chosen = [...newest.values()];
  return {
    files: chosen.map(({ file, owner, content }) => fileRow(content, owner, file)),
    statistics: chosen.flatMap(({ content }) => statisticRows(content)),
  };
}

type Add = (path: (string | number)[], found: string, fix: string) => void;

function check(file: string, { measured, rows }: TensorFile, add: Add): void {
  const { id } = measured.model;
  if (!file.endsWith(`/${id}.json`))
    add(['measured', 'model', 'id'], show(id), `Name the file ${id}.json, as the model.`);
  const seen = new Set<string>();
  for (const [index, [layer, linear, tensor, , absMax, std, , channel]] of rows.entries()) {
    const key = `${layer} ${linear} ${tensor}`;
    if (seen.has(key)) add(['rows', index], show(key), 'The tensor stands twice; keep one.');
    seen.add(key);
    // Half a unit of the last of six digits, on either side.
    if (std > absMax * 1.00001)
      add(['rows', index, 5], String(std), `std cannot be larger than abs_max, ${absMax}.`);
    if (channel !== null && tensor !== 'weight')
      add(['rows', index, 7], String(channel), 'Only weights have channel_kurtosis; write null.');
  }
}

function fileRow({ measured }: TensorFile, owner: string, file: string): Row {
  const { model, text, engine } = measured;
  return {
    model_id: model.id,
    owner,
    file,
    created_at: measured.created_at.replace('T', ' ').replace('Z', ''),
    command: measured.command,
    code_commit: measured.code_commit,
    engine: `${engine.id} ${engine.version} ${engine.provider}`,
    family: model.family,
    params_b: model.params / 1e9,
    weights: weightsHash(model),
    text: text.text,
    text_sha256: text.sha256,
    samples: text.samples,
    length: text.length,
    seed: text.seed,
    tokens: measured.tokens,
    notes: measured.notes.length === 0 ? null : measured.notes.join(' '),
  };
}

function statisticRows({ measured, rows }: TensorFile): Row[] {
  return rows.map((row) => ({
    model_id: measured.model.id,
    ...Object.fromEntries(TENSOR_COLUMNS.map((column, index) => [column, row[index]])),
  }));
}
