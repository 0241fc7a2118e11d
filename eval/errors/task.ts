/** What goes wrong with tasks and the data they are asked on, in words. */
import { BitlossError } from '../../data/errors.ts';
import { describeProblem, type Problem } from '../datasets/problems.ts';
import { didYouMean } from '../nearest.ts';

interface FolderData {
  readonly id: string;
  readonly origin: string;
  readonly forms: readonly { readonly files: readonly string[] }[];
}

const SHOWN_PROBLEMS = 20;

export function noDataFolder(dataset: FolderData): BitlossError {
  return new BitlossError(
    'data/no-folder',
    `[data] ${dataset.id}: this dataset is not part of the project and no data folder was given.`,
    `Make a folder with ${filesOf(dataset)} (${dataset.origin}) and give it with --data.`,
    { dataset: dataset.id },
  );
}

export function missingDataFolder({ id }: FolderData, folder: string): BitlossError {
  return new BitlossError(
    'data/missing-folder',
    `[data] ${id}: the data folder ${folder} does not exist or is not a folder.`,
    'Check the path given with --data.',
    { dataset: id, folder },
  );
}

/** @param missing files of a form of which others are there; empty where there is no file of any form */
export function missingDataFile(
  dataset: FolderData,
  folder: string,
  missing: readonly string[],
): BitlossError {
  const what = missing.length === 0 ? filesOf(dataset) : missing.join(' and ');
  return new BitlossError(
    'data/missing-file',
    `[data] ${dataset.id}: ${folder} has no ${what}, neither plain nor as .gz or .bz2.`,
    `Put it there. This dataset is ${dataset.origin}.`,
    { dataset: dataset.id, folder, missing },
  );
}

export function unreadableDataFile(
  { id }: { readonly id: string },
  file: string,
  why: string,
  cause: unknown,
): BitlossError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new BitlossError(
    'data/unreadable-file',
    `[data] ${id}: ${file}: ${why} (${reason}).`,
    'Get the file again.',
    { dataset: id, file },
    cause,
  );
}

export function wrongDigest(
  { id }: { readonly id: string },
  file: string,
  got: string,
  expected: readonly string[],
): BitlossError {
  return new BitlossError(
    'data/digest',
    `[data] ${id}: ${file} has sha256 ${got} where data/datasets.json says ${expected.join(' or ')}, so scores could not be compared.`,
    'Get the file again, or change its entry in data/datasets.json if another version is meant.',
    { dataset: id, file, got, expected },
  );
}

/** All problems are in `details`; the message shows the first twenty. */
export function malformedDataset(
  { id }: { readonly id: string },
  problems: readonly Problem[],
): BitlossError {
  const shown = problems.slice(0, SHOWN_PROBLEMS).map((problem) => `\n  - ${describeProblem(problem)}`);
  const more = problems.length - shown.length;
  const rest = more > 0 ? `\n  - … and ${more} more` : '';
  return new BitlossError(
    'data/malformed',
    `[data] ${id}: ${count(problems.length, 'problem')}:${shown.join('')}${rest}.`,
    'Correct the file or get it again.',
    { dataset: id, problems },
  );
}

export function emptyDataset({ id }: { readonly id: string }, files: readonly string[]): BitlossError {
  return new BitlossError(
    'data/empty',
    `[data] ${id}: ${files.join(', ')}: no items at all.`,
    'Get the file again.',
    { dataset: id, files },
  );
}

export function unknownTask(name: string, known: readonly string[]): BitlossError {
  return new BitlossError(
    'task/unknown',
    `[tasks] there is no task "${name}".`,
    `${didYouMean(name, known)} Known: ${known.join(', ')} (${known.length}).`.trim(),
    { name },
  );
}

export function badSettings(task: string, problems: readonly string[]): BitlossError {
  return new BitlossError(
    'task/settings',
    `[tasks] ${task}: ${problems.join('; ')}.`,
    'Leave the setting out to get its default.',
    { task, problems },
  );
}

export function windowTooLong(task: string, window: number, maxPositions: number): BitlossError {
  return new BitlossError(
    'task/window',
    `[tasks] ${task}: a window of ${window} tokens is longer than the ${maxPositions} positions of the model.`,
    `Set window to at most ${maxPositions}, or leave it out.`,
    { task, window, maxPositions },
  );
}

export function limitTooHigh(task: string, limit: number, n: number, item: string): BitlossError {
  return new BitlossError(
    'task/limit',
    `[tasks] ${task}: limit ${limit} is more than the ${count(n, item)} there are.`,
    'Lower the limit or leave it out.',
    { task, limit, n },
  );
}

export function noDocuments(task: string): BitlossError {
  return new BitlossError(
    'task/no-documents',
    `[tasks] ${task}: there are no documents to ask about.`,
    'Check the data.',
    { task },
  );
}

export function noTokens(task: string, item: string, what: string): BitlossError {
  return new BitlossError(
    'task/no-tokens',
    `[tasks] ${task}: ${item}: ${what} has no tokens.`,
    'Check the data and whether the tokenizer fits the model.',
    { task, item },
  );
}

export function textTooShort(task: string, tokens: number, window: number): BitlossError {
  return new BitlossError(
    'task/text-too-short',
    `[tasks] ${task}: the text has ${tokens} tokens, which is less than one window of ${window}.`,
    `Set window to at most ${tokens}, or give a longer text.`,
    { task, tokens, window },
  );
}

export function continuationTooLong(
  task: string,
  item: string,
  tokens: number,
  maxPositions: number,
): BitlossError {
  return new BitlossError(
    'task/continuation-too-long',
    `[tasks] ${task}: ${item}: a continuation of ${tokens} tokens does not fit into the ${maxPositions} positions of the model.`,
    'Use a model with more positions, or leave this task out.',
    { task, item, tokens, maxPositions },
  );
}

export function noRoomToGenerate(task: string, maxNewTokens: number, maxPositions: number): BitlossError {
  return new BitlossError(
    'task/no-room',
    `[tasks] ${task}: max_new_tokens ${maxNewTokens} leaves no room for a prompt in the ${maxPositions} positions of the model.`,
    `Set max_new_tokens to less than ${maxPositions}.`,
    { task, maxNewTokens, maxPositions },
  );
}

export function noPrefixToken(task: string, why: string): BitlossError {
  return new BitlossError(
    'task/no-prefix-token',
    `[tasks] ${task}: ${why}, and the tokenizer names no token for that.`,
    'Name the BOS or EOS token in tokenizer_config.json, or choose another BOS rule.',
    { task },
  );
}

export function notFinite(task: string, bad: number, total: number): BitlossError {
  return new BitlossError(
    'task/not-finite',
    `[tasks] ${task}: the model gave no finite log-probability for ${bad} of ${count(total, 'token')}.`,
    'The compressed weights are most likely not finite; look at the recipe.',
    { task, bad, total },
  );
}

export function unpairedItems(task: string, why: string): BitlossError {
  return new BitlossError(
    'task/unpaired',
    `[tasks] ${task}: the items cannot be paired with those of the 16-bit model: ${why}.`,
    'Measure both with the same data, settings and task version.',
    { task },
  );
}

export function badColumn(task: string, column: string, why: string): BitlossError {
  return new BitlossError(
    'task/column',
    `[tasks] ${task}: column "${column}" ${why}.`,
    'Correct the columns or the score function of the task.',
    { task, column },
  );
}

function filesOf({ forms }: FolderData): string {
  return forms.map(({ files }) => files.join(' and ')).join(', or ');
}

function count(n: number, noun: string): string {
  return `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : 's'}`;
}
