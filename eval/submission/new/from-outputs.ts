/** A file of claimed rows from the output of another tool. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ClaimedFile } from '../../../data/claimed-schema.ts';
import { claimedFaults, claimedSubject } from '../../../data/database/claimed.ts';
import { formatPath } from '../../../data/database/read-json.ts';
import { submissionErrors } from '../../errors/submission.ts';
import { cataloguesOf } from '../check/check-files.ts';
import { claimedFile, formatClaimed } from '../convert/claimed-file.ts';
import { converters } from '../convert/index.ts';
import type { Written } from './from-runs.ts';
import type { Conversion } from './options.ts';

/** @param cwd where relative paths begin @throws submission/output, submission/claimed, data/malformed */
export function fromOutputs(
  root: string,
  cwd: string,
  handle: string,
  asked: Conversion,
  today: string,
): Written {
  const converter = converters[asked.tool]!;
  const read = asked.outputs.map(({ recipe, path: place }) => {
    const files = filesAt(path.resolve(cwd, place), (name) => converter.accepts(name));
    return { recipe, files, ...converter.convert({ recipe, files }) };
  });
  const first = read[0]!;
  const compressed = read.find(({ recipe }) => recipe !== 'fp16') ?? first;
  const named = `${asked.model}-${compressed.recipe}`.toLowerCase().replaceAll(/[^a-z0-9._+-]/g, '-');
  const provenance = {
    tool: converter.tool,
    version: asked.version ?? first.version,
    commit: first.commit,
    command: asked.command,
    url: asked.url,
    date: asked.date ?? first.date ?? today,
    machine: asked.machine ?? first.machine,
    outputs: read.flatMap(({ recipe, files }) => files.map((file) => hashed(recipe, file))),
    notes: [...asked.notes],
  };
  const catalogues = cataloguesOf(root);
  const chances = new Map([...catalogues.tasks.values()].map(({ id, chance }) => [id, chance]));
  const content = claimedFile(asked.name ?? named, asked.model, provenance, read, chances);
  const faults = claimedFaults(content, catalogues);
  if (faults.length > 0)
    throw submissionErrors.claimed(
      faults.map(({ path: at, found, fix }) => `${formatPath(at)}: found ${found}. ${fix}`),
    );
  const file = `data/results/${handle}/${claimedSubject(content)}.claim.json`;
  const isNew = !existsSync(path.join(root, file));
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), formatClaimed(content));
  const skipped = [...new Set(read.flatMap((one) => one.skipped))];
  return {
    files: [file],
    added: isNew ? [file] : [],
    summary: [...describeRows(content), ...skipped],
    title: `Claimed results of ${handle}: ${content.name}`,
  };
}

interface TextFile {
  readonly name: string;
  readonly text: string;
}

function hashed(recipe: string, { name, text }: TextFile) {
  const sha256 = createHash('sha256').update(text).digest('hex');
  return { name: `${recipe}/${name}`, sha256, bytes: Buffer.byteLength(text) };
}

function filesAt(place: string, accepts: (name: string) => boolean): TextFile[] {
  if (!existsSync(place))
    throw submissionErrors.output(place, 'nothing', 'Name a file or folder that exists.');
  const files = statSync(place).isDirectory()
    ? readdirSync(place)
        .filter(accepts)
        .sort()
        .map((name) => path.join(place, name))
    : [place];
  return files.map((file) => ({ name: path.basename(file), text: readFileSync(file, 'utf8') }));
}

function describeRows({ provenance, rows }: ClaimedFile): string[] {
  const version = provenance.version ?? 'of unknown version';
  return [
    `${rows.length} rows, measured with ${provenance.tool} ${version} on ${provenance.date}`,
    ...rows.map(({ recipe, task, metric, value, std_error, n, paired }) => {
      const error = std_error === null ? '' : ` ± ${std_error}`;
      const items = n === null ? '' : `, ${n} items`;
      const flips = paired?.lost == null ? '' : `, ${paired.lost} lost and ${paired.gained} gained`;
      return `  ${recipe} ${task} ${metric}: ${value}${error}${items}${flips}`;
    }),
  ];
}
