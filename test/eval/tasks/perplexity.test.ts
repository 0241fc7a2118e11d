/** Window and BOS arithmetic of perplexity, worked out by hand. */
import { expect, test } from 'vitest';
import { evaluateTask } from '../../../eval/evaluate.ts';
import type { SettingsRecord } from '../../../eval/requests/resolve-settings.ts';
import { wikitextLmEval } from '../../../eval/tasks/wikitext-lm-eval.ts';
import { worldText } from '../../../eval/tasks/world-text.ts';
import { BOS, codes, fakeModel, fakeTokenizer } from './fakes.ts';

/** 'a' has probability ½, everything else ¼. */
const probability = (token: number) => (token === codes('a')[0] ? 0.5 : 0.25);

async function run(text: string, settings: SettingsRecord, { maxPositions = 64, bos = true } = {}) {
  const { model, asked } = fakeModel({ probability, maxPositions });
  const docs = [{ id: 'held-out', text }];
  const evaluation = await evaluateTask({
    task: worldText,
    docs,
    settings,
    model,
    tokenizer: fakeTokenizer({ bos }),
  });
  const windows = asked.map(({ context, continuations }) => [...context, ...continuations.flat()]);
  return { ...evaluation, windows, metric: evaluation.metrics[0]! };
}

test('BOS once at the start, windows of four, the remainder dropped, first tokens not predicted', async () => {
  // <s>abb | aabb | a: two windows. Predicted: a b b → ½ ¼ ¼ (5 ln 2) and a b b → 5 ln 2; mean 10 ln 2 / 6.
  const { windows, metric, items } = await run('abbaabba', { window: 4 });
  expect(windows).toEqual([[BOS, ...codes('abb')], codes('aabb')]);
  expect(metric).toEqual({
    metric: 'perplexity',
    unit: 'perplexity',
    value: expect.closeTo(2 ** (10 / 6), 6),
    std_error: expect.closeTo(0, 6),
    n: 2,
    paired: null,
  });
  expect(items.columns.map(({ name, values }) => [name, Array.from<unknown>(values)])).toEqual([
    ['item', ['held-out-0', 'held-out-1']],
    ['nll_nats', [expect.closeTo(5 * Math.LN2, 6), expect.closeTo(5 * Math.LN2, 6)]],
    ['tokens', [3, 3]],
  ]);
});

test('never: no BOS, so the windows shift', async () => {
  // abba | abba; predicted b b a → 5 ln 2 each.
  const { windows, metric } = await run('abbaabba', { window: 4, bos: 'never' });
  expect(windows).toEqual([codes('abba'), codes('abba')]);
  expect(metric.value).toBeCloseTo(2 ** (10 / 6), 6);
});

test('window: BOS at the front of each, which takes one place', async () => {
  // <s>aab | <s>bab | remainder b; predicted a a b → 4 ln 2, b a b → 5 ln 2.
  const { windows, metric } = await run('aabbabb', { window: 4, bos: 'window' });
  expect(windows).toEqual([
    [BOS, ...codes('aab')],
    [BOS, ...codes('bab')],
  ]);
  expect(metric.value).toBeCloseTo(2 ** (9 / 6), 6);
  // Window means 4/3 and 5/3 of ln 2: sample sd ln 2 / (3√2), error of the mean ln 2 / 6, times the perplexity.
  expect(metric.std_error).toBeCloseTo((2 ** 1.5 * Math.LN2) / 6, 6);
});

test('the window is 2048 or the maximum of the model if that is less; limit counts windows', async () => {
  expect((await run('b'.repeat(200), {}, { maxPositions: 50 })).windows.map(({ length }) => length)).toEqual([
    50, 50, 50, 50,
  ]);
  const long = await run('b'.repeat(5000), { limit: 1 }, { maxPositions: 4096 });
  expect(long.windows.map(({ length }) => length)).toEqual([2048]);
  expect(long.metric).toMatchObject({ n: 1, std_error: null, value: expect.closeTo(4, 5) });
});

test('a tokenizer without BOS adds none, and cannot start windows with it', async () => {
  expect((await run('abba', { window: 4 }, { bos: false })).windows).toEqual([codes('abba')]);
  await expect(run('abba', { window: 4, bos: 'window' }, { bos: false })).rejects.toMatchObject({
    code: 'task/no-prefix-token',
  });
});

test('a text that itself begins with BOS does not get a second one', async () => {
  expect((await run('<s>abb', { window: 4 })).windows).toEqual([[BOS, ...codes('abb')]]);
});

test('a text shorter than a window, an empty one, and limits that ask for more than there is are refused', async () => {
  await expect(run('ab', { window: 4 })).rejects.toMatchObject({ code: 'task/text-too-short' });
  await expect(run('', { window: 4 }, { bos: false })).rejects.toMatchObject({ code: 'task/no-tokens' });
  await expect(run('abbabba', { window: 4, limit: 3 })).rejects.toMatchObject({ code: 'task/limit' });
  await expect(run('abba', { window: 65 })).rejects.toMatchObject({ code: 'task/window' });
});

test('words and bytes of whole documents: every token predicted once, the first from BOS', async () => {
  const { model, asked } = fakeModel({ probability, maxPositions: 4 });
  const docs = [{ id: 'page-1', raw: 'aa ba\n' }];
  const { metrics, items } = await evaluateTask({
    task: wikitextLmEval,
    docs,
    settings: { bos: 'never' },
    model,
    tokenizer: fakeTokenizer(),
  });
  // Tokens a a _ b | a \n: the second window is predicted from three tokens before it, so that its input has four.
  expect(asked).toEqual([
    { context: [BOS], continuations: [codes('aa b')] },
    { context: codes('a b').slice(0, 3), continuations: [codes('a\n')] },
  ]);
  // ½ ½ ¼ ¼ ½ ¼: 9 ln 2. Words: 'aa', 'ba' and the empty one after the newline. Six bytes.
  expect(items.columns.map(({ name, values }) => [name, values[0]])).toEqual([
    ['item', 'page-1'],
    ['nll_nats', expect.closeTo(9 * Math.LN2, 6)],
    ['tokens', 6],
    ['words', 3],
    ['bytes', 6],
  ]);
  expect(metrics.map(({ metric, value }) => [metric, value])).toEqual([
    ['word_perplexity', expect.closeTo(2 ** 3, 5)],
    ['bits_per_byte', expect.closeTo(1.5, 6)],
  ]);
});
