import { describe, expect, test } from 'vitest';
import { addDivergence, type Compared, takeReference } from '../../eval/divergence.ts';
import type { LoadedModel, ScoreRequest } from '../../eval/engines/engine.ts';
import { numbersOf } from '../../eval/items.ts';
import { itemsOf } from './pipeline/samples.ts';
import { fakeModel } from './tasks/fakes.ts';

const window = (klNats: number | null, sameTop = 8) => ({
  nll: 1,
  tokens: 10,
  divergence: klNats === null ? null : { klNats, sameTop },
});

const before: Compared = { metrics: [], items: itemsOf(['a', 'b', 'c'], [1, 2, 3]), notes: ['cut'] };
const reference = (compared: number, windows: number) => ({
  states: Array.from({ length: compared }, () => []),
  windows,
});

describe('the distance from the 16-bit model', () => {
  test('is a mean over tokens with the error of windows', () => {
    const answers = [{ windows: [window(1), window(2, 10), window(3, 6)] }];
    const task = { id: 't', item: 'window' } as const;
    const { metrics, items, notes } = addDivergence(task, before, answers, reference(3, 3));
    expect(notes).toEqual(['cut']);
    expect([...numbersOf('t', items, 'kl_nats')]).toEqual([1, 2, 3]);
    expect(metrics).toEqual([
      {
        metric: 'kl_nats',
        unit: 'nats',
        value: expect.closeTo(6 / 30, 12),
        // Residuals −1, 0, 1: √(3 · 2 / 2) / 30.
        std_error: expect.closeTo(Math.sqrt(3) / 30, 12),
        n: 3,
        paired: null,
      },
      expect.objectContaining({ metric: 'top1_agreement', unit: 'fraction', value: 24 / 30 }),
    ]);
  });

  test('of a document is the sum over its windows', () => {
    const answers = [{ windows: [window(1), window(2)] }, { windows: [window(3)] }, { windows: [window(4)] }];
    const { items } = addDivergence({ id: 't', item: 'document' }, before, answers, reference(4, 4));
    expect([...numbersOf('t', items, 'kl_nats')]).toEqual([3, 3, 4]);
    expect([...numbersOf('t', items, 'top1_same')]).toEqual([16, 8, 8]);
  });

  test('is of the windows that have a reference, and says so', () => {
    const answers = [{ windows: [window(1), window(2), window(null)] }];
    const task = { id: 't', item: 'window' } as const;
    const { metrics, items, notes } = addDivergence(task, before, answers, reference(2, 3));
    expect([...numbersOf('t', items, 'kl_nats')]).toEqual([1, 2, Number.NaN]);
    expect(metrics[0]).toMatchObject({ value: 3 / 20, n: 2 });
    expect(notes[1]).toMatch(/of the first 2 of 3 windows; .* more than 512 MiB\.$/);
    const none = addDivergence(task, before, [{ windows: [window(null), window(null), window(null)] }], {
      states: [],
      windows: 3,
    });
    expect(none.metrics).toEqual([]);
  });
});

test('a reference keeps the windows that fit', async () => {
  const { model: fake } = fakeModel({ probability: () => 0.5 });
  const K = fake.architecture.head.inFeatures;
  const asked: number[] = [];
  const model: LoadedModel = {
    ...fake,
    async finalStates(requests) {
      asked.push(requests.length);
      return requests.map(({ continuations }) =>
        continuations.map(({ length }) => new Float32Array(length * K)),
      );
    },
  };
  const windows = [5, 3, 2].map(
    (length): ScoreRequest => ({
      context: [1],
      continuations: [Array.from({ length }, () => 2)],
    }),
  );
  const take = async (tokens: number) => {
    const { states, windows: all } = await takeReference(model, windows, undefined, tokens * K * 4);
    return [states.length, all];
  };
  expect(await take(10)).toEqual([3, 3]);
  expect(await take(9)).toEqual([2, 3]);
  expect(await take(4)).toEqual([0, 3]);
  expect(asked).toEqual([3, 2]);
});
