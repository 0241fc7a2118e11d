/** The order in which scoring gives work to the device: what it computes first must not wait for what it needs last. */
import { expect, test } from 'vitest';
import { CudaEngine } from '../../../../eval/engines/cuda/engine.ts';
import { describeModel } from '../../../../eval/families/index.ts';
import { recordingDevice } from '../recording-device.ts';

const ARCHITECTURE = describeModel(
  {
    ...{ model_type: 'llama', vocab_size: 97, hidden_size: 64, intermediate_size: 80, num_hidden_layers: 3 },
    ...{ num_attention_heads: 4, rms_norm_eps: 1e-5, max_position_embeddings: 64 },
    ...{ tie_word_embeddings: false },
  },
  'test',
);
const REQUESTS = [
  { context: [1, 2], continuations: [[3, 4, 5], [6]] },
  { context: [7], continuations: [[8, 9]] },
];

async function recorded(reference: readonly (readonly Float32Array[])[] = []) {
  const { device, calls } = recordingDevice();
  const model = new CudaEngine(device, { dtype: 'bf16' }).loadRandom(ARCHITECTURE);
  await model.score(REQUESTS);
  calls.length = 0;
  const answers = await model.score(REQUESTS, undefined, reference);
  return { calls, answers };
}

test('tables of the head go up beside the forward pass, once all of it is queued', async () => {
  const { calls } = await recorded();
  const uploads = calls.filter(({ name }) => name === 'upload');
  expect(uploads.map(({ stream }) => stream)).toEqual([1, 2]);
  const [chunk, head] = uploads.map((call) => calls.indexOf(call)) as [number, number];
  const places = (name: string) => calls.flatMap((call, at) => (call.name === name ? [at] : []));
  expect(places('attention')).toHaveLength(3);
  expect(chunk).toBeLessThan(places('gatherRows')[0]!);
  expect(places('glu').at(-1)!).toBeLessThan(head);
  // The head waits for them, and nothing before it does.
  const [ready] = places('eventWait') as [number];
  expect(head).toBeLessThan(ready);
  expect(ready).toBeLessThan(places('headUpdate')[0]!);
  expect(places('eventWait')).toHaveLength(1);
  expect(calls.at(-1)!.name).toBe('downloadAsync');
  const { to, from } = uploads[0]!.values as { to: number; from: Int32Array };
  expect(uploads[1]!.values['to']).toBeGreaterThanOrEqual(to + from.byteLength);
});

test('tables of the head name rows and tokens by row', async () => {
  const { calls } = await recorded();
  const [, { values }] = calls.filter(({ name }) => name === 'upload') as [unknown, (typeof calls)[number]];
  // The chunk: 1 2, then 3 4 of the first continuation, nothing of the second; then 7 8.
  const table = (at: number, count: number) => [...(values['from'] as Int32Array).subarray(at, at + count)];
  expect(table(0, 6)).toEqual([1, 2, 3, 4, 5, 0]);
  expect(table(8, 6)).toEqual([0, 0, 1, 2, 3, 4]);
  expect(table(24, 6)).toEqual([3, 6, 4, 5, 8, 9]);
});

test('only what the host reads is downloaded', async () => {
  const { calls, answers } = await recorded();
  // Six log-probabilities and five tokens, each in a piece of 256 bytes.
  expect(calls.at(-1)!.values['bytes']).toBe(2 * 256);
  expect(answers.map((own) => own.map(({ logProbabilities: { length } }) => length))).toEqual([[3, 1], [2]]);
});

test('states to compare with are uploaded beside the forward pass too', async () => {
  const states = [[new Float32Array(3 * 64), new Float32Array(64)]];
  const { calls, answers } = await recorded(states);
  const beside = calls.filter(({ name, stream }) => name === 'upload' && stream === 2);
  expect(beside.map(({ values: { from } }) => from).slice(1)).toEqual(states[0]);
  expect(answers.map((own) => own.map(({ divergence }) => divergence?.klNats.length ?? null))).toEqual([
    [3, 1],
    [null],
  ]);
});
