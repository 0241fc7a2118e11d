/** What `pnpm submission new` is asked for. */
import { parseArgs } from 'node:util';
import { submissionErrors } from '../../errors/submission.ts';
import { didYouMean } from '../../nearest.ts';
import { converters } from '../convert/index.ts';
import { HANDLE } from '../read/places.ts';

export const HELP = `pnpm submission new --handle HANDLE [RUN … | --all]
pnpm submission new --handle HANDLE --from TOOL --model MODEL --url URL --output RECIPE=FILE …

Makes the files of a submission below data/results/<handle>/, shows what is in them, checks them as the pull request's check
does, and opens the pull request. Names follow from the content: making it twice is one submission.

  --handle HANDLE       your account on GitHub, in lower case
  RUN                   id of a run below data/local; --all: every one
  --from TOOL           ${Object.keys(converters).join(', ')}: claimed rows from its output
  --model MODEL         id in data/models.json
  --output RECIPE=FILE  output for a recipe, a file or the folder that it lies in; once for fp16, and once or more for others
  --url URL             where code, weights or raw output can be had
  --name NAME           begins the name of the file of claimed rows (default: the model and the first recipe)
  --date, --machine, --tool-version, --command, --note TEXT
                        what the output does not say itself
  --yes                 commits on a branch and opens the pull request without asking
  --no-pull-request     writes and checks, and stops
`;

const OPTIONS = {
  handle: { type: 'string' },
  all: { type: 'boolean' },
  from: { type: 'string' },
  model: { type: 'string' },
  output: { type: 'string', multiple: true },
  url: { type: 'string' },
  name: { type: 'string' },
  date: { type: 'string' },
  machine: { type: 'string' },
  'tool-version': { type: 'string' },
  command: { type: 'string' },
  note: { type: 'string', multiple: true },
  yes: { type: 'boolean' },
  'no-pull-request': { type: 'boolean' },
} as const;

export interface Conversion {
  readonly tool: string;
  readonly model: string;
  readonly url: string;
  readonly outputs: readonly { readonly recipe: string; readonly path: string }[];
  readonly name: string | null;
  readonly date: string | null;
  readonly machine: string | null;
  readonly version: string | null;
  readonly command: string | null;
  readonly notes: readonly string[];
}

export interface NewOptions {
  readonly handle: string;
  /** Ids; null: every run. */
  readonly runs: readonly string[] | null;
  readonly conversion: Conversion | null;
  readonly yes: boolean;
  readonly pullRequest: boolean;
}

/** @throws cli/arguments with every problem */
export function readOptions(args: readonly string[]): NewOptions {
  const { values, positionals } = parse(args);
  const problems: string[] = [];
  const { handle = '', from } = values;
  if (!new RegExp(`^${HANDLE}$`).test(handle))
    problems.push(`--handle: expected an account name in lower case, got ${JSON.stringify(handle)}.`);
  if (from !== undefined) problems.push(...conversionProblems(from, values));
  const outputs = (values.output ?? []).map((given) => {
    const at = given.indexOf('=');
    if (at < 1) problems.push(`--output: expected RECIPE=FILE, got ${JSON.stringify(given)}.`);
    return { recipe: given.slice(0, at), path: given.slice(at + 1) };
  });
  if (problems.length > 0) throw submissionErrors.arguments('new', problems);
  const conversion: Conversion = {
    tool: from ?? '',
    model: values.model ?? '',
    url: values.url ?? '',
    outputs,
    name: values.name ?? null,
    date: values.date ?? null,
    machine: values.machine ?? null,
    version: values['tool-version'] ?? null,
    command: values.command ?? null,
    notes: values.note ?? [],
  };
  return {
    handle,
    runs: values.all === true ? null : positionals,
    conversion: from === undefined ? null : conversion,
    yes: values.yes === true,
    pullRequest: values['no-pull-request'] !== true,
  };
}

type Values = ReturnType<typeof parse>['values'];

function conversionProblems(from: string, { model, url, output = [] }: Values): string[] {
  const problems: string[] = [];
  const known = Object.keys(converters);
  if (!Object.hasOwn(converters, from))
    problems.push(
      `--from: unknown tool ${JSON.stringify(from)}. ${didYouMean(from, known)} Known: ${known.join(', ')}.`,
    );
  if (model === undefined) problems.push('--model is missing: an id of data/models.json.');
  if (url === undefined) problems.push('--url is missing: where code, weights or raw output can be had.');
  if (!output.some((given) => given.startsWith('fp16=')) || output.length < 2)
    problems.push('--output: give fp16=FILE, the uncompressed model, and one or more others.');
  return problems;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw submissionErrors.arguments('new', [(error as Error).message]);
  }
}
