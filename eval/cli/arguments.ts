/** Command line → raw settings. Every problem is collected, so that one look at the message is enough. */
import { parseArgs } from 'node:util';
import { didYouMean } from '../nearest.ts';
import { OPTIONS, type Option, type OptionName } from './options.ts';

export interface Arguments {
  readonly values: ReadonlyMap<OptionName, readonly string[]>;
  readonly switches: ReadonlySet<OptionName>;
  readonly problems: readonly string[];
}

/** @param args what follows the program's name */
export function parseArguments(args: readonly string[]): Arguments {
  const values = new Map<OptionName, string[]>();
  const switches = new Set<OptionName>();
  const problems: string[] = [];
  let isAfterProblem = false;
  for (const token of tokenize(args)) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      // What follows a misspelt option is its value, and needs no message of its own.
      if (!isAfterProblem) problems.push(strayValue(token.value));
      continue;
    }
    const option = OPTIONS.find(({ name }) => name === token.name);
    const problem = option === undefined ? unknownOption(token.rawName) : checkUse(option, token, values);
    isAfterProblem = problem !== null;
    if (problem !== null) problems.push(problem);
    else if (token.value === undefined) switches.add(token.name as OptionName);
    else addValues(values, token.name as OptionName, option?.many === true, token.value);
  }
  return { values, switches, problems };
}

/** The parser's own strict mode would stop at the first problem, so its tokens are checked here instead. */
function tokenize(args: readonly string[]) {
  const options = Object.fromEntries(
    OPTIONS.map(({ name, short, value }) => [
      name,
      {
        type: value === null ? ('boolean' as const) : ('string' as const),
        ...(short === undefined ? {} : { short }),
      },
    ]),
  );
  return parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true }).tokens;
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

function checkUse(
  option: Option,
  token: OptionToken,
  values: ReadonlyMap<string, readonly string[]>,
): string | null {
  if (option.value === null) {
    return token.value === undefined
      ? null
      : `${token.rawName} is a switch and takes no value, got "${token.value}".`;
  }
  const isSwallowedOption = token.inlineValue === false && /^-(?!\d+$)./.test(token.value ?? '');
  if (token.value === undefined || token.value.trim() === '' || isSwallowedOption) {
    return `${token.rawName} needs a value: ${token.rawName} ${option.value}.`;
  }
  if (option.many !== true && values.has(option.name)) return `${token.rawName} is given more than once.`;
  return null;
}

function addValues(values: Map<OptionName, string[]>, name: OptionName, many: boolean, value: string): void {
  const list = values.get(name) ?? [];
  list.push(
    ...(many
      ? value
          .split(',')
          .map((part) => part.trim())
          .filter((part) => part !== '')
      : [value]),
  );
  values.set(name, list);
}

function strayValue(value: string): string {
  return `"${value}": every argument belongs to an option. Write --model, --recipe or --task before it.`;
}

function unknownOption(rawName: string): string {
  const known = OPTIONS.map(({ name }) => `--${name}`);
  return [`unknown option ${rawName}.`, didYouMean(rawName, known)].filter((part) => part !== '').join(' ');
}
