import { createHash } from 'node:crypto';
import type { Catalogues } from '../../../data/database/catalogues.ts';
import { sweepSchema } from '../../config.ts';
import { allTasks } from '../all-tasks.ts';
import { inert } from '../problem.ts';
import { defineRule, type Finding, type Submission } from './rule.ts';

const EMPTY = createHash('sha256').digest('hex');
const COMMIT = /^[0-9a-f]{40}$/;

export const artefacts = defineRule({
  id: 'artefacts',
  demands:
    'Weights, tokenizer, data, calibration text and kernels are named by the hash of what they hold; data of the catalogue have its hashes, and a model from the hub its commit.',
  severity: 'refused',
  *check(submission, { catalogues }) {
    const { run } = submission.run;
    for (const [path, sha256] of hashesOf(submission))
      if (sha256 === EMPTY || /^(.)\1*$/.test(sha256))
        yield {
          path,
          found: `${sha256.slice(0, 12)}…, the hash of nothing`,
          fix: 'Send the hash of the file.',
        };
    if (run.engine.id === 'cuda' && run.kernel_library_sha256 === null)
      yield {
        path: ['run', 'kernel_library_sha256'],
        found: 'none',
        fix: 'The cuda engine runs compiled kernels: send the hash of their library.',
      };
    for (const [index, { source, revision }] of run.models.entries())
      if (!source.startsWith('data/models/') && !COMMIT.test(revision ?? ''))
        yield {
          path: ['run', 'models', index, 'revision'],
          found: `${inert(revision)} of ${inert(source)}`,
          fix: 'Measure a model of the hub at a commit, or one of data/models/, so that others can fetch the same.',
        };
    yield* datasetFindings(submission, catalogues);
  },
});

function* hashesOf({ run: { run } }: Submission): Iterable<[Finding['path'], string]> {
  for (const [m, { config_sha256, tokenizer_sha256, weights }] of run.models.entries()) {
    const path = ['run', 'models', m];
    yield [[...path, 'config_sha256'], config_sha256];
    yield [[...path, 'tokenizer_sha256'], tokenizer_sha256];
    for (const [w, { sha256 }] of weights.entries()) yield [[...path, 'weights', w, 'sha256'], sha256];
  }
  for (const [d, { files }] of run.datasets.entries())
    for (const [f, { sha256 }] of files.entries())
      yield [['run', 'datasets', d, 'files', f, 'sha256'], sha256];
  if (run.calibration !== null) yield [['run', 'calibration', 'sha256'], run.calibration.sha256];
  if (run.kernel_library_sha256 !== null) yield [['run', 'kernel_library_sha256'], run.kernel_library_sha256];
}

function* datasetFindings({ run: { run } }: Submission, catalogues: Catalogues): Iterable<Finding> {
  for (const [d, { id, files }] of run.datasets.entries()) {
    const known = catalogues.datasets.get(id);
    if (known === undefined)
      yield { path: ['run', 'datasets', d, 'id'], found: inert(id), fix: 'Data are in data/datasets.json.' };
    const hashes = new Set(known?.files.map(({ sha256 }) => sha256));
    const strange = files.find(({ sha256 }) => hashes.size > 0 && !hashes.has(sha256));
    if (strange !== undefined)
      yield {
        path: ['run', 'datasets', d, 'files'],
        found: `${inert(strange.name)} with the hash ${strange.sha256.slice(0, 12)}…`,
        fix: `data/datasets.json has other bytes of ${id}; measure on those.`,
      };
  }
  const there = new Set(run.datasets.map(({ id }) => id));
  const sweep = sweepSchema.safeParse(run.settings.sweep);
  const needed = new Set((sweep.data?.tasks ?? []).flatMap((task) => allTasks.get(task)?.dataset.id ?? []));
  const missing = [...needed].filter((id) => !there.has(id));
  if (missing.length > 0)
    yield {
      path: ['run', 'datasets'],
      found: `nothing of ${missing.join(', ')}`,
      fix: 'Name the data of every task with their hashes.',
    };
}
