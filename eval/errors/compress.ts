/** Every message about compressing a model block by block and keeping the result. */
import { BitlossError } from '../../data/errors.ts';

export const compressErrors = {
  noCalibration: (recipe: string) =>
    new BitlossError(
      'compress/no-calibration',
      `[compress] ${recipe}: the method needs calibration data, and none was given.`,
      'Give at least one calibration sequence.',
      { recipe },
    ),
  parallelOrder: (recipe: string) =>
    new BitlossError(
      'compress/parallel-order',
      `[compress] ${recipe}: with parallel calibration blocks run with their original weights only, and this recipe calibrates each group of linears on the compressed ones before it.`,
      'Use sequential calibration, or leave trueseq out.',
      { recipe },
    ),
  emptySequence: (index: number) =>
    new BitlossError(
      'compress/empty-sequence',
      `[compress] calibration sequence ${index} has no tokens.`,
      'Leave empty sequences out.',
      { index },
    ),
  notObserved: (linear: string) =>
    new BitlossError(
      'compress/not-observed',
      `[compress] ${linear}: the engine ran the block without reporting the inputs of this linear.`,
      'This is a fault of the engine; please report it.',
      { linear },
    ),
  notFinite: (block: number) =>
    new BitlossError(
      'compress/not-finite',
      `[compress] block ${block}: the calibration activations hold NaN or infinite values.`,
      'The weights or an earlier compressed block make the model overflow; try more bits, or check that the 16-bit model runs.',
      { block },
    ),
  folder: (folder: string, cause: unknown) =>
    new BitlossError(
      'compress/folder',
      `[compress] ${folder}: the folder for compressed weights cannot be made: ${reasonOf(cause)}.`,
      'Choose a folder that can be written.',
      { folder },
      cause,
    ),
  write: (folder: string, block: number, cause: unknown) =>
    new BitlossError(
      'compress/write',
      `[compress] ${folder}: block ${block} cannot be written: ${reasonOf(cause)}.`,
      'Free space or choose a folder that can be written; finished blocks are kept and the next run goes on after them.',
      { folder, block },
      cause,
    ),
  read: (file: string, cause: unknown) =>
    new BitlossError(
      'compress/read',
      `[compress] ${file}: the block cannot be read: ${reasonOf(cause)}.`,
      'Check the permissions and that nothing else lies in its place.',
      { file },
      cause,
    ),
  damagedBlock: (file: string, why: string, cause?: unknown) =>
    new BitlossError(
      'compress/damaged-block',
      `[compress] ${file}: not a compressed block: ${why}.`,
      'Delete the file; the block will be made again.',
      { file },
      cause,
    ),
  otherRecipe: (file: string, found: string, wanted: string) =>
    new BitlossError(
      'compress/other-recipe',
      `[compress] ${file}: the block was compressed with ${found}, not with ${wanted}.`,
      'Use another folder for this recipe, or delete this one.',
      { file, found, wanted },
    ),
  originalTensor: (tensor: string) =>
    new BitlossError(
      'compress/original-tensor',
      `[compress] ${tensor}: this tensor is compressed, and reading it whole would give the original weights.`,
      'Read it through its linear layers.',
      { tensor },
    ),
};

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
