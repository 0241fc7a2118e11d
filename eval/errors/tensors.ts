/** Every message about statistics of tensors. */
import { BitlossError } from '../../data/errors.ts';

export const tensorErrors = {
  /** @param what such as `input` @param row  a token or an output channel, as `rows` says */
  notFinite: (
    linear: string,
    what: string,
    { row, rows, column, value }: { row: number; rows: string; column: number; value: number },
  ) =>
    new BitlossError(
      'tensors/not-finite',
      `[tensors] ${linear}: ${value} in ${what}, ${rows} ${row}, channel ${column}; a tensor with such a number has no statistics.`,
      'Check the checkpoint, and that its weights do not overflow in 32-bit arithmetic; no file was written for this model.',
      { linear, row, column },
    ),
  notObserved: (linear: string) =>
    new BitlossError(
      'tensors/not-observed',
      `[tensors] ${linear}: the engine did not report the inputs of this linear.`,
      'This is a fault of the engine; give another one with --engine.',
      { linear },
    ),
};
