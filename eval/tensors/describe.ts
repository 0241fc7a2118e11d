/** What a person is told about the tensors of a model. */
import { TENSOR_KINDS, type TensorFile } from '../../data/tensor-schema.ts';
import { describeDuration } from '../duration.ts';

/** @param file as it is to be shown */
export function describeTensors({ measured, rows }: TensorFile, file: string): string {
  const { model, text, tokens, wall_ms, notes } = measured;
  const kinds = TENSOR_KINDS.flatMap((kind) => {
    const mine = rows.flatMap(([, linear, tensor, , , , kurtosis]) =>
      tensor === kind && kurtosis !== null ? [{ linear, kurtosis }] : [],
    );
    if (mine.length === 0) return [];
    const mean = mine.reduce((sum, { kurtosis }) => sum + kurtosis, 0) / mine.length;
    const worst = mine.reduce((most, one) => (one.kurtosis > most.kurtosis ? one : most));
    const numbers = `kurtosis ${mean.toFixed(1)} in the mean, ${worst.kurtosis.toFixed(1)} at most`;
    return [`  ${kind.padEnd(10)}  ${String(mine.length).padStart(3)} × ${numbers} (${worst.linear})`];
  });
  const lines = [
    `${model.id}: ${rows.length} tensors over ${tokens} tokens of ${text.text} in ${describeDuration(wall_ms)}`,
    ...kinds,
    ...notes.map((note) => `  ${note}`),
    `  ${file}`,
  ];
  return lines.join('\n');
}
