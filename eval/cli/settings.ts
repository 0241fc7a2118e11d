/** Options → raw settings, and problems with settings back → sentences that name the option. */
import type { ConfigProblem } from '../config.ts';
import { cliProblems } from '../errors/cli.ts';
import type { Arguments } from './arguments.ts';
import type { OptionName } from './options.ts';

/** Where the value of each option goes in the raw settings. */
const PLACES: Readonly<Partial<Record<OptionName, string>>> = {
  model: 'sweep.models',
  recipe: 'sweep.recipes',
  task: 'sweep.tasks',
  data: 'sweep.data',
  limit: 'sweep.limit',
  jobs: 'behaviour.jobs',
  devices: 'behaviour.devices',
  threads: 'behaviour.threads',
  engine: 'sweep.engine',
  provider: 'sweep.provider',
  dtype: 'sweep.dtype',
  memory: 'sweep.memory',
  window: 'sweep.window',
  bos: 'sweep.bos',
  seed: 'sweep.seed',
  'calibration-text': 'sweep.calibration.text',
  'calibration-samples': 'sweep.calibration.samples',
  'calibration-length': 'sweep.calibration.length',
  'calibration-mode': 'sweep.calibration.mode',
  db: 'places.database',
  out: 'places.results',
  cache: 'places.cache',
  save: 'behaviour.save',
  keep: 'behaviour.keep',
  retry: 'behaviour.retry',
  'dry-run': 'behaviour.dryRun',
};

const LISTS: ReadonlySet<string> = new Set(['model', 'recipe', 'task', 'devices']);

export interface RawSettings {
  [key: string]: RawSettings | string | boolean | readonly string[];
}

/** Only what was given; `config.ts` fills in the rest. */
export function rawSettings({ values, switches }: Arguments): RawSettings {
  const raw: RawSettings = {};
  for (const [option, list] of values) {
    if (option === 'limit') setLimits(raw, list);
    else set(raw, PLACES[option], LISTS.has(option) ? list : list[0]!);
  }
  for (const option of switches) set(raw, PLACES[option], true);
  return raw;
}

/** Sentences such as `--limit: expected a whole number of items, at least 1, got "many".` */
export function describeProblems(
  problems: readonly ConfigProblem[],
  { values }: Arguments,
): readonly string[] {
  const sentences = problems.map(({ where, expected }) => {
    // The limits of single tasks come from the option for all tasks.
    const at = where.replace(/^sweep\.limits\b/, 'sweep.limit');
    const option = Object.entries(PLACES).find(
      ([, place]) => at === place || at.startsWith(`${place}.`),
    )?.[0];
    if (option === undefined) return `${where}: expected ${expected}.`;
    return cliProblems.value(`--${option}`, (values.get(option as OptionName) ?? []).join(', '), expected);
  });
  return [...new Set(sentences)];
}

/** `N` is the limit of all tasks, `TASK=N` that of one. */
function setLimits(raw: RawSettings, list: readonly string[]): void {
  for (const value of list) {
    const [task, limit] = value.split('=', 2);
    if (limit === undefined) set(raw, 'sweep.limit', value);
    else
      set(raw, 'sweep.limits', {
        ...((raw['sweep'] as RawSettings | undefined)?.['limits'] as RawSettings),
        [task!]: limit,
      });
  }
}

function set(raw: RawSettings, place: string | undefined, value: RawSettings[string]): void {
  if (place === undefined) return;
  const path = place.split('.');
  const last = path.pop()!;
  let at = raw;
  for (const part of path) {
    at[part] ??= {};
    at = at[part] as RawSettings;
  }
  at[last] = value;
}
