/** What every column of the results means. A column without a meaning stops the build, so that none is forgotten. */
import { BitlossError } from '../../data/errors.ts';
import { select } from './db.ts';

const MEANINGS: Readonly<Record<string, string>> = {
  row_id: 'Permanent id of the value.',
  origin: 'reported (read in a publication), measured (by this project) or submitted (by others).',
  source_id: 'Who says so.',
  source_title: 'Name of the source.',
  source_url: 'The file at its commit, or the paper, in which a reported number stands.',
  arxiv: 'arXiv number of the paper.',
  run_id: 'Run that measured the value.',
  locator: 'Table, file or cell in the source; the run file of a measured value.',
  commit: 'Commit of the source’s repository, or of the code that measured.',
  model_id: 'Catalogued model.',
  model_name: 'Its name.',
  model_label: 'The model as the source writes it.',
  family: 'Architecture.',
  series: 'Release line, such as LLaMA-2.',
  params_b: 'Parameters, in billions.',
  is_chat: 'Whether the model is tuned to follow instructions; empty where the source does not say.',
  recipe_id: 'Method with every setting, as a canonical id.',
  method_id: 'Catalogued method.',
  method_title: 'Its name.',
  method_label: 'The method as the source writes it.',
  method_group: 'Methods of one idea.',
  tensor: 'What is compressed: none, W (weights), WA (activations too), KV (cache), W+KV, prune.',
  w_bits: 'Bits of weights, as the source says.',
  a_bits: 'Bits of activations.',
  kv_bits: 'Bits of the key and value cache.',
  group_size: 'Weights that share a scale; −1 is a whole row, empty is not stated.',
  sparsity: 'Share of weights removed.',
  sparsity_pattern: 'Such as 2:4.',
  bits_per_weight: 'True bits: stored bytes × 8 ÷ weights, where measured or printed.',
  bits: 'True bits where known, else nominal weight bits.',
  bits_is_nominal: 'Whether bits is nominal.',
  size_bytes: 'The whole compressed model.',
  task_id: 'Data, prompt and scoring.',
  task_title: 'Its name.',
  ability: 'What the task asks for.',
  task_role: 'task, breakdown (part of another) or average (of tasks printed beside it).',
  metric: 'Such as acc, acc_norm, perplexity.',
  unit: 'fraction, perplexity, score, …',
  is_primary: 'Whether the value is in the unit of its task; others do not count in means.',
  higher_is_better: 'Direction of the metric.',
  chance: 'Score of guessing.',
  shots: 'Examples in the prompt.',
  context_length: 'Window or prompt length, where it is part of the question.',
  position: 'Place of the needed text in the prompt, where it is part of the question.',
  value: 'The score; accuracies are fractions. Empty in a failed cell.',
  printed: 'The number as the source prints it.',
  std_error: 'Standard error, where known.',
  value_low: 'Lower end of the 95 % interval of the score.',
  value_high: 'Upper end of it.',
  n: 'Items behind the score, where known.',
  is_baseline: 'Whether this is a 16-bit row.',
  baseline_row_id: 'The 16-bit row it is compared with.',
  baseline_value: 'That row’s value.',
  loss_points: 'Loss: points of 100 for accuracy, difference for perplexity, points for a judge.',
  kept: 'Share of the 16-bit model that is left.',
  kept_low: 'Lower end of its 95 % interval.',
  kept_high: 'Upper end of its 95 % interval.',
  kept_note: 'Why there is no kept, or what is special about it.',
  trust:
    'State in the trust ledger (claimed, valid, recomputed, spot-checked, reproduced, disputed, withdrawn); empty for reported values.',
  suspect: 'Whether the number is doubtful.',
  suspect_reason: 'Why.',
  note: 'What the reader of the source, or the method, noted.',
  error_code: 'Why a cell failed.',
  error_message: 'The same as a sentence.',
  cell_key: 'Hash of everything that a measured number depends on.',
  wall_ms: 'Time of the cell, in milliseconds.',
  command: 'Command that makes a measured number again.',
};

export interface ColumnMeaning {
  readonly name: string;
  readonly type: string;
  readonly meaning: string;
}

/** @throws site/dictionary where a column of the board has no meaning above, or a meaning no column */
export async function dictionary(): Promise<readonly ColumnMeaning[]> {
  const columns = await select<{ name: string; type: string }>(
    'SELECT column_name AS name, column_type AS type FROM (DESCRIBE board)',
  );
  const names = new Set(columns.map(({ name }) => name));
  const wrong = [
    ...columns.filter(({ name }) => MEANINGS[name] === undefined).map(({ name }) => name),
    ...Object.keys(MEANINGS).filter((name) => !names.has(name)),
  ];
  if (wrong.length > 0) {
    throw new BitlossError(
      'site/dictionary',
      `[dictionary] the board and its dictionary differ in: ${wrong.join(', ')}.`,
      'Give each column of data/views/board.sql one sentence in site/lib/dictionary.ts.',
    );
  }
  return columns.map(({ name, type }) => ({ name, type, meaning: MEANINGS[name]! }));
}
