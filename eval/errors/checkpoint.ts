/** Every message about model folders, weight files, tokenizers and the hub. */
import { BitlossError } from '../../data/errors.ts';

const SHOWN = 12;

/** Lists problems one a line, the first dozen in full. */
function listed(problems: readonly string[]): string {
  const shown = problems.slice(0, SHOWN).map((problem) => `\n  - ${problem}`);
  const rest = problems.length > SHOWN ? `\n  - … and ${problems.length - SHOWN} more` : '';
  return `${shown.join('')}${rest}.`;
}

const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;

export const safetensorsErrors = {
  tooSmall: (file: string, bytes: number) =>
    new BitlossError(
      'safetensors/too-small',
      `[safetensors] ${file}: the file has ${bytes} bytes, fewer than the 8 of the header length and 2 of a header.`,
      'Download the file again; it is probably truncated, or a Git LFS pointer.',
      { file, bytes },
    ),
  headerTooLong: (file: string, headerBytes: bigint, limit: number) =>
    new BitlossError(
      'safetensors/header-too-long',
      `[safetensors] ${file}: the header claims ${headerBytes} bytes, but only ${limit} are possible.`,
      'Check that the file is a complete .safetensors file; a pickle or a text file reads like this too.',
      { file, headerBytes: String(headerBytes), limit },
    ),
  headerJson: (file: string, why: string, cause?: unknown) =>
    new BitlossError(
      'safetensors/header-json',
      `[safetensors] ${file}: the header cannot be read: ${why}.`,
      'Download or convert the file again.',
      { file },
      cause,
    ),
  entries: (file: string, problems: readonly string[]) =>
    new BitlossError(
      'safetensors/entries',
      `[safetensors] ${file}: ${counted(problems.length, 'entry problem')} in the header:${listed(problems)}`,
      'Download or convert the file again; nothing was read from it.',
      { file, problems },
    ),
  shortRead: (file: string, at: number, missing: number) =>
    new BitlossError(
      'safetensors/short-read',
      `[safetensors] ${file}: the file ends at byte ${at}, ${missing} bytes before the end of the tensor being read.`,
      'Something changed the file while it was in use; restore it and run again.',
      { file, at, missing },
    ),
  unknownTensor: (file: string, name: string) =>
    new BitlossError(
      'safetensors/unknown-tensor',
      `[safetensors] ${file}: there is no tensor "${name}".`,
      'Check that config.json belongs to these weights.',
      { file, name },
    ),
  dtype: (file: string, name: string, dtype: string) =>
    new BitlossError(
      'safetensors/dtype',
      `[safetensors] ${file}: tensor "${name}" is stored as ${dtype}; weights are read from F32, F16 and BF16 only.`,
      'Use the 16-bit checkpoint of this model, not a quantized one.',
      { file, name, dtype },
    ),
  range: (file: string, name: string, from: number, to: number, size: number) =>
    new BitlossError(
      'safetensors/range',
      `[safetensors] ${file}: elements ${from} to ${to} of tensor "${name}" were asked for, which has ${size}.`,
      'Check that config.json belongs to these weights.',
      { file, name, from, to, size },
    ),
  notFinite: (file: string, name: string, count: number, read: number) =>
    new BitlossError(
      'safetensors/not-finite',
      `[safetensors] ${file}: tensor "${name}" has ${counted(count, 'value')} of ${read} read that ${count === 1 ? 'is' : 'are'} NaN or infinite.`,
      'Such weights cannot be compressed or evaluated; download the file again or fix the conversion that made it.',
      { file, name, count, read },
    ),
  write: (file: string, name: string, why: string) =>
    new BitlossError(
      'safetensors/write',
      `[safetensors] ${file}: tensor "${name}": ${why}.`,
      'Pass data that fits the shape.',
      {
        file,
        name,
      },
    ),
};

export const checkpointErrors = {
  missingFile: (folder: string, file: string, cause?: unknown) =>
    new BitlossError(
      'checkpoint/missing-file',
      `[checkpoint] ${folder}: there is no readable ${file}.`,
      'A checkpoint is a folder with config.json, tokenizer.json and one or more .safetensors files.',
      { folder, file },
      cause,
    ),
  json: (file: string, why: string, cause?: unknown) =>
    new BitlossError(
      'checkpoint/json',
      `[checkpoint] ${file}: ${why}.`,
      'Download the file again.',
      { file },
      cause,
    ),
  pickle: (folder: string, files: readonly string[]) =>
    new BitlossError(
      'checkpoint/pickle',
      `[checkpoint] ${folder}: the weights are pickle files (${files.join(', ')}), which can run code when read, so they are refused.`,
      `Convert them once, somewhere safe: python -c "import transformers as t; m = t.AutoModelForCausalLM.from_pretrained('${folder}'); m.save_pretrained('${folder}-safetensors'); t.AutoTokenizer.from_pretrained('${folder}').save_pretrained('${folder}-safetensors')".`,
      { folder, files },
    ),
  index: (file: string, problems: readonly string[]) =>
    new BitlossError(
      'checkpoint/index',
      `[checkpoint] ${file}: ${counted(problems.length, 'problem')}:${listed(problems)}`,
      'Download the index and all its shards again.',
      { file, problems },
    ),
  tensors: (folder: string, problems: readonly string[]) =>
    new BitlossError(
      'checkpoint/tensors',
      `[checkpoint] ${folder}: the weights do not fit config.json, ${counted(problems.length, 'problem')}:${listed(problems)}`,
      'Check that config.json and the weight files come from the same model and revision.',
      { folder, problems },
    ),
  tokenizer: (file: string, why: string, cause?: unknown) =>
    new BitlossError(
      'checkpoint/tokenizer',
      `[tokenizer] ${file}: ${why}.`,
      'Download tokenizer.json again, or write it with the save_pretrained of a fast tokenizer.',
      { file },
      cause,
    ),
  tokenizerSize: (folder: string, highestId: number, rows: number) =>
    new BitlossError(
      'checkpoint/tokenizer-size',
      `[checkpoint] ${folder}: the tokenizer has token id ${highestId}, but the embedding has only ${rows} rows (ids 0 to ${rows - 1}).`,
      'Use the tokenizer.json that belongs to this model.',
      { folder, highestId, rows },
    ),
  tokenizerId: (id: number, size: number) =>
    new BitlossError(
      'checkpoint/tokenizer-id',
      `[tokenizer] ${id} is not a token id; there are ${size} (ids 0 to ${size - 1}).`,
      'Decode only ids that this tokenizer or its model made.',
      { id, size },
    ),
};

export const familyErrors = {
  unknown: (where: string, modelType: string, suggestion: string, known: readonly string[]) =>
    new BitlossError(
      'family/unknown',
      `[families] ${where}: unknown model_type "${modelType}".`,
      `${suggestion} Known: ${known.join(', ')} (${known.length}).`.trim(),
      { where, modelType, known },
    ),
  config: (where: string, problems: readonly string[]) =>
    new BitlossError(
      'family/config',
      `[families] ${where}: ${counted(problems.length, 'problem')} in the model config:${listed(problems)}`,
      'Only features that are computed exactly as transformers does are accepted; use a checkpoint without the others.',
      { where, problems },
    ),
};
