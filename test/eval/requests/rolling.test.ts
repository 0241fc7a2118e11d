import { expect, test } from 'vitest';
import { continuousWindows, separateWindows } from '../../../eval/requests/rolling.ts';

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

test('separate windows: each token in at most one window, first tokens are context', () => {
  expect(separateWindows(range(0, 11), [], 4)).toEqual([
    { context: [0], continuations: [[1, 2, 3]] },
    { context: [4], continuations: [[5, 6, 7]] },
  ]);
  expect(separateWindows(range(0, 11), [-1], 4)).toEqual([
    { context: [-1], continuations: [[0, 1, 2]] },
    { context: [-1], continuations: [[3, 4, 5]] },
    { context: [-1], continuations: [[6, 7, 8]] },
  ]);
  expect(separateWindows(range(0, 3), [], 4)).toEqual([]);
});

/** Written as the harness describes it: windows of inputs and predictions, then the overlap cut from the inputs. */
function slowContinuousWindows(ids: readonly number[], prefix: number, window: number) {
  const pairs = [[[prefix, ...ids.slice(0, Math.min(window, ids.length) - 1)], ids.slice(0, window)]];
  for (let predicted = window; predicted < ids.length; predicted += window) {
    const end = Math.min(predicted + window, ids.length);
    pairs.push([ids.slice(Math.max(0, end - window - 1), end - 1), ids.slice(predicted, end)]);
  }
  return pairs.map(([inputs, predictions]) => ({
    context: inputs!.slice(0, inputs!.length - predictions!.length + 1),
    continuations: [predictions],
  }));
}

test('continuous windows: 34 tokens in windows of 10', () => {
  expect(continuousWindows(range(0, 34), -100, 10)).toEqual([
    { context: [-100], continuations: [range(0, 10)] },
    { context: [9], continuations: [range(10, 20)] },
    { context: [19], continuations: [range(20, 30)] },
    { context: range(23, 30), continuations: [range(30, 34)] },
  ]);
});

test('continuous windows agree with the harness’s description for every small length', () => {
  for (const window of [1, 2, 3, 5]) {
    for (let length = 1; length <= 17; length++) {
      expect(continuousWindows(range(0, length), -1, window)).toEqual(
        slowContinuousWindows(range(0, length), -1, window),
      );
    }
  }
});
