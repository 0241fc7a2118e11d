/** The text of `pnpm eval --help`. */
import { OPTION_GROUPS, type Option } from './options.ts';

const COLUMN = 32;

const INTRODUCTION =
  'Compresses language models, measures what they lose, and stores every finished cell at once. The same command again ' +
  'goes on where an earlier one stopped and computes nothing twice. Without options: the default suite, a small sweep of ' +
  'a shipped model on the tasks of its own world. No network and no GPU needed.';

/** Each has a help text of its own. */
const COMMANDS: readonly string[] = [
  '       pnpm eval reproduce …    measures a published run or row again',
  '       pnpm eval spot-check …   measures random items of published runs again',
];

const EXAMPLES = `Examples
  pnpm eval
      the default suite, in minutes
  pnpm eval --suite zoo --jobs 4
      every shipped model with all recipes, four models at a time
  pnpm eval --recipe gptq-w3g128-actorder --recipe rtn-w3g64
      two recipes on the model of the default suite
  pnpm eval --model meta-llama/Llama-3.2-1B --recipe rtn-w4g128 --data ~/data
      a model from Hugging Face on public evaluation sets
  pnpm eval --stats --model meta-llama/Llama-3.2-1B
      where the outliers of a model are
  pnpm eval --dry-run
      what would be computed, and what is left out and why`;

/** @param width columns of the terminal, or 80 */
export function helpText(width: number): string {
  const groups = OPTION_GROUPS.map(({ title, options }) => {
    const rows = options.map((option) => describeOption(option, width));
    return `${title}\n${rows.join('\n')}`;
  });
  const usage = ['Usage: pnpm eval [options]', ...COMMANDS, '', ...wrap(INTRODUCTION, width)].join('\n');
  return `${[usage, ...groups, EXAMPLES].join('\n\n')}\n`;
}

function describeOption(option: Option, width: number): string {
  const short = option.short === undefined ? '    ' : `-${option.short}, `;
  const value = option.value === null ? '' : ` ${option.value}`;
  const name = `  ${short}--${option.name}${value}`;
  const repeat = option.many === true ? '; may be repeated' : '';
  const lines = wrap(option.help + repeat, Math.max(30, width - COLUMN));
  const first =
    name.length < COLUMN - 1
      ? `${name.padEnd(COLUMN)}${lines[0]}`
      : `${name}\n${' '.repeat(COLUMN)}${lines[0]}`;
  return [first, ...lines.slice(1).map((line) => ' '.repeat(COLUMN) + line)].join('\n');
}

function wrap(text: string, width: number): readonly string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.length - 1;
    if (lines[last] === '') lines[last] = word;
    else if (lines[last]!.length + 1 + word.length <= width) lines[last] += ` ${word}`;
    else lines.push(word);
  }
  return lines;
}
