/** Every message about calibration texts. */
import { BitlossError } from '../../data/errors.ts';

const HINT = 'Give a longer text with --calibration-text, or a smaller --calibration-length.';

export const calibrationErrors = {
  unreadable: (text: string, known: readonly string[], cause: unknown) =>
    new BitlossError(
      'calibration/unreadable',
      `[calibration] ${text}: this is neither a known text (${known.join(', ')}) nor a file that can be read.`,
      'Give the path of a UTF-8 text file with --calibration-text.',
      { text },
      cause,
    ),
  notText: (text: string, cause: unknown) =>
    new BitlossError(
      'calibration/not-text',
      `[calibration] ${text}: the file is not UTF-8 text.`,
      'Convert it, or give another file with --calibration-text.',
      { text },
      cause,
    ),
  tooLarge: (text: string, bytes: number, limit: number) =>
    new BitlossError(
      'calibration/too-large',
      `[calibration] ${text}: the file has ${bytes} bytes and is read as a whole; at most ${limit} are taken.`,
      'Cut a part out of it; a few megabytes are plenty for any number of samples in use.',
      { text, bytes, limit },
    ),
  tooShort: (text: string, tokens: number, length: number) =>
    new BitlossError(
      'calibration/too-short',
      `[calibration] ${text}: the text has ${tokens} tokens, fewer than the ${length} of one sample.`,
      HINT,
      { text, tokens, length },
    ),
  tooLong: (length: number, maxPositions: number) =>
    new BitlossError(
      'calibration/too-long',
      `[calibration] samples of ${length} tokens are longer than the ${maxPositions} positions of the model.`,
      `Set --calibration-length to at most ${maxPositions}, or leave it out.`,
      { length, maxPositions },
    ),
};
