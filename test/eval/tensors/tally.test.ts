/** Names and rows of statistics, and the messages about what cannot be measured. */
import { expect, test } from 'vitest';
import { tensorFileSchema } from '../../../data/tensor-schema.ts';
import { tensorErrors } from '../../../eval/errors/tensors.ts';
import { formatTensorFile } from '../../../eval/store/tensor-file.ts';
import { describeTensors } from '../../../eval/tensors/describe.ts';
import { pooledName, Tally } from '../../../eval/tensors/tally.ts';
import { tensorFile } from '../../data/tensor-file.ts';

const matrix = (columns: number, ...values: readonly number[]) => ({
  columns,
  values: Float32Array.from(values),
});

test.each([
  ['model.layers.3.self_attn.q_proj', 'model.layers.3.self_attn.q_proj'],
  ['model.layers.3.block_sparse_moe.experts.7.w1', 'model.layers.3.block_sparse_moe.experts.*.w1'],
  ['transformer.h.11.mlp.dense_h_to_4h', 'transformer.h.11.mlp.dense_h_to_4h'],
])('%s is reported as %s', (linear, name) => expect(pooledName(linear)).toBe(name));

test('experts are pooled, tokens add up, rows come in the order of first sight', () => {
  const tally = new Tally(2);
  tally.addWeight('layers.2.experts.0.up', matrix(2, 1, -1));
  tally.addWeight('layers.2.experts.1.up', matrix(2, 3, -3));
  tally.addTokens('layers.2.experts.1.up', 'activation', matrix(1, 0), 0);
  tally.addTokens('layers.2.experts.0.up', 'activation', matrix(1, 3, 6, 9, 12), 1);
  expect(tally.rows()).toEqual([
    // Squares 1, 1, 9, 9 and fourth powers 1, 1, 81, 81: √5 and 41 / 25; two opposite numbers alone have 1.
    [2, 'layers.2.experts.*.up', 'weight', 4, 3, 2.23607, 1.64, 1],
    [2, 'layers.2.experts.*.up', 'activation', 5, 12, 4.24264, 1.7, null],
  ]);
});

test('a tensor of equal numbers has no kurtosis', () => {
  const tally = new Tally(0);
  tally.addWeight('q', matrix(2, 0, 0, 0, 0));
  expect(tally.rows()).toEqual([[0, 'q', 'weight', 4, 0, 0, null, null]]);
});

test('messages', () => {
  const tally = new Tally(0);
  const message = (work: () => void) => {
    try {
      work();
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error('nothing was thrown');
  };
  const messages = [
    message(() => tally.addWeight('layers.0.q', matrix(2, 0, 0, 0, Number.NEGATIVE_INFINITY))),
    message(() => tally.addTokens('layers.0.q', 'activation', matrix(2, 0, 0, Number.NaN, 0), 100)),
    message(() => tally.addTokens('layers.0.experts.4.up', 'activation', matrix(1, 0, 0, Number.NaN), 0)),
    message(() => tally.addTokens('layers.0.k', 'key', matrix(1, Number.NaN), 9)),
    tensorErrors.notObserved('layers.0.q').message,
  ];
  expect(messages.join('\n')).toMatchInlineSnapshot(`
    "[tensors] layers.0.q: -Infinity in the weight, row 1, channel 1; a tensor with such a number has no statistics. Check the checkpoint, and that its weights do not overflow in 32-bit arithmetic; no file was written for this model.
    [tensors] layers.0.q: NaN in the input, token 101, channel 0; a tensor with such a number has no statistics. Check the checkpoint, and that its weights do not overflow in 32-bit arithmetic; no file was written for this model.
    [tensors] layers.0.experts.4.up: NaN in the input, row 2, channel 0; a tensor with such a number has no statistics. Check the checkpoint, and that its weights do not overflow in 32-bit arithmetic; no file was written for this model.
    [tensors] layers.0.k: NaN in the keys, token 9, channel 0; a tensor with such a number has no statistics. Check the checkpoint, and that its weights do not overflow in 32-bit arithmetic; no file was written for this model.
    [tensors] layers.0.q: the engine did not report the inputs of this linear. This is a fault of the engine; give another one with --engine."
  `);
});

test('a file has one line a row, and what a person is told names the worst of each kind', () => {
  const file = tensorFile({
    rows: [
      [0, 'layers.0.q', 'weight', 100, 0.5, 0.25, 3, 4],
      [1, 'layers.1.q', 'weight', 100, 0.5, 0.25, 8, 4],
      [1, 'layers.1.o', 'weight', 100, 0, 0, null, null],
      [0, 'layers.0.q', 'activation', 6400, 20, 2, 55.25, null],
    ],
  });
  const text = formatTensorFile({
    ...file,
    measured: { ...file.measured, notes: ['The model keeps no keys.'] },
  });
  expect(text.split('\n').filter((line) => line.startsWith('['))).toHaveLength(4);
  const read = tensorFileSchema.parse(JSON.parse(text));
  expect(describeTensors(read, 'data/local/tensors/x.json')).toMatchInlineSnapshot(`
    "bitloss-llama-3m: 4 tensors over 65536 tokens of world-train in 1.0 s
      weight        2 × kurtosis 5.5 in the mean, 8.0 at most (layers.1.q)
      activation    1 × kurtosis 55.3 in the mean, 55.3 at most (layers.0.q)
      The model keeps no keys.
      data/local/tensors/x.json"
  `);
});
