/** What `pnpm eval reproduce` and `pnpm eval spot-check` are asked for. */
import { parseArgs } from 'node:util';
import { verifyErrors } from '../errors/verify.ts';
import { didYouMean } from '../nearest.ts';
import type { Replacements } from './prepare-again.ts';

/** What both commands take. */
export interface CommonOptions {
  readonly replacements: Replacements;
  /** Null: compare, and write no record. */
  readonly handle: string | null;
  readonly dryRun: boolean;
}

export interface ReproduceOptions extends CommonOptions {
  /** Run file, id of a run, or id of a row. */
  readonly subject: string;
  readonly dispute: boolean;
  readonly reason: string | null;
}

export interface SpotCheckOptions extends CommonOptions {
  readonly fraction: number;
  readonly seed: number;
  /** Ids; empty: every published run. */
  readonly runs: readonly string[];
  /** Null: until all is done. */
  readonly limitMinutes: number | null;
}

const COMMON = {
  data: { type: 'string' },
  engine: { type: 'string' },
  threads: { type: 'string' },
  handle: { type: 'string' },
  'dry-run': { type: 'boolean', short: 'n' },
} as const;

const REPRODUCE = {
  ...COMMON,
  model: { type: 'string' },
  dispute: { type: 'boolean' },
  reason: { type: 'string' },
} as const;

const SPOT_CHECK = {
  ...COMMON,
  fraction: { type: 'string' },
  seed: { type: 'string' },
  run: { type: 'string', multiple: true },
  limit: { type: 'string' },
} as const;

/** As GitHub has account names, in lower case. */
const HANDLE = /^[a-z0-9](?:[a-z0-9]|-(?=[a-z0-9])){0,38}$/;

/** @param engines ids that there are @throws cli/arguments with every problem */
export function readReproduceOptions(args: readonly string[], engines: readonly string[]): ReproduceOptions {
  const { values, positionals } = strict('reproduce', () =>
    parseArgs({ args: [...args], options: REPRODUCE, allowPositionals: true }),
  );
  const problems = commonProblems(values, engines);
  if (positionals.length !== 1) problems.push(`name one run file, run or row, got ${positionals.length}.`);
  if (values.reason?.trim() === '') problems.push('--reason: expected a sentence, got "".');
  if (values.dispute === true && values.handle === undefined)
    problems.push('--dispute writes a record and needs --handle HANDLE.');
  if (problems.length > 0) throw verifyErrors.arguments('reproduce', problems);
  return {
    ...common(values, values.model ?? null),
    subject: positionals[0]!,
    dispute: values.dispute === true,
    reason: values.reason ?? null,
  };
}

/** @param engines ids that there are @throws cli/arguments with every problem */
export function readSpotCheckOptions(args: readonly string[], engines: readonly string[]): SpotCheckOptions {
  const { values, positionals } = strict('spot-check', () =>
    parseArgs({ args: [...args], options: SPOT_CHECK, allowPositionals: true }),
  );
  const problems = commonProblems(values, engines);
  for (const stray of positionals) problems.push(`"${stray}": name runs with --run.`);
  const fraction = numberOf(values.fraction ?? '');
  if (!(fraction > 0 && fraction <= 1))
    problems.push(`--fraction: expected a number above 0, at most 1, got "${values.fraction ?? ''}".`);
  const seed = numberOf(values.seed ?? '0');
  if (!Number.isSafeInteger(seed)) problems.push(`--seed: expected a whole number, got "${values.seed}".`);
  const limit = values.limit === undefined ? null : numberOf(values.limit);
  if (limit !== null && !(limit > 0)) problems.push(`--limit: expected minutes, got "${values.limit}".`);
  if (problems.length > 0) throw verifyErrors.arguments('spot-check', problems);
  const runs = (values.run ?? []).flatMap((list) => list.split(','));
  return { ...common(values, null), fraction, seed, runs, limitMinutes: limit };
}

interface CommonValues {
  readonly data?: string | undefined;
  readonly engine?: string | undefined;
  readonly threads?: string | undefined;
  readonly handle?: string | undefined;
  readonly 'dry-run'?: boolean | undefined;
}

function commonProblems({ handle, threads, engine }: CommonValues, engines: readonly string[]): string[] {
  const problems: string[] = [];
  if (handle !== undefined && !HANDLE.test(handle))
    problems.push(`--handle: expected an account name in lower case, got ${JSON.stringify(handle)}.`);
  if (threads !== undefined && !/^\d+$/.test(threads))
    problems.push(`--threads: expected a whole number, got "${threads}".`);
  if (engine !== undefined && !engines.includes(engine))
    problems.push(
      [`--engine: unknown engine "${engine}".`, didYouMean(engine, engines), `Known: ${engines.join(', ')}.`]
        .filter((part) => part !== '')
        .join(' '),
    );
  return problems;
}

function common(values: CommonValues, model: string | null): CommonOptions {
  const { data = null, engine = null, threads = '0', handle = null } = values;
  return {
    replacements: { model, data, engine, threads: Number(threads) },
    handle,
    dryRun: values['dry-run'] === true,
  };
}

const numberOf = (text: string) => (text.trim() === '' ? Number.NaN : Number(text));

/** @throws cli/arguments for what the parser does not take */
function strict<Parsed>(command: string, parse: () => Parsed): Parsed {
  try {
    return parse();
  } catch (error) {
    throw verifyErrors.arguments(command, [(error as Error).message.replace(/\.?$/, '.')]);
  }
}
