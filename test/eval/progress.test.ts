import { expect, test } from 'vitest';
import { describeDuration } from '../../eval/duration.ts';
import { Progress, type Step } from '../../eval/progress.ts';

const compress: Step = { kind: 'compress:gptq', label: 'gptq-w4g128 compress', isCell: false };
const text: Step = { kind: 'task:world-text', label: 'gptq-w4g128 world-text', isCell: true };
const facts: Step = { kind: 'task:world-facts', label: 'gptq-w4g128 world-facts', isCell: true };
const text3: Step = { kind: 'task:world-text', label: 'gptq-w3g128 world-text', isCell: true };

/** A clock that the test turns, and everything that was written. */
function recorder(columns: number | undefined) {
  const state = { now: 0, written: [] as string[] };
  const output = { write: (part: string) => void state.written.push(part), columns, clock: () => state.now };
  return { state, output };
}

test('a terminal gets one line that is redrawn and kept inside its width', () => {
  const { state, output } = recorder(40);
  const progress = new Progress(output, [compress, text], 2);
  progress.start(compress);
  state.now = 1000;
  progress.advance(0.5);
  expect(state.written).toEqual([
    '\r[2/3]  gptq-w4g128 compress 0 %\u001b[K',
    '\r[2/3]  gptq-w4g128 compress 50 %\u001b[K',
  ]);
  progress.finish();
  progress.start(text);
  state.now = 61_000;
  progress.advance(0.99);
  const last = state.written.at(-1)!;
  expect(last.replaceAll('\r', '').replaceAll('\u001b[K', '').length).toBeLessThan(40);
  progress.log('done');
  expect(state.written.slice(-2)).toEqual(['\r\u001b[K', 'done\n']);
  progress.close();
  expect(state.written.at(-1)).toBe('done\n');
});

test('the line is not redrawn more than ten times a second', () => {
  const { state, output } = recorder(80);
  const progress = new Progress(output, [text], 0);
  progress.start(text);
  for (state.now = 1; state.now <= 1000; state.now++) progress.advance(state.now / 1000);
  expect(state.written).toHaveLength(11);
});

test('a log gets whole lines without control codes, at most one in half a minute', () => {
  const { state, output } = recorder(undefined);
  const progress = new Progress(output, [text, facts], 0);
  progress.start(text);
  for (state.now = 0; state.now <= 65_000; state.now += 100) progress.advance(state.now / 100_000);
  progress.log('gptq-w4g128  world-text  perplexity 9.1');
  const all = state.written.join('');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is what is tested
  expect(all).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  expect(state.written).toEqual([
    '[0/2]  gptq-w4g128 world-text 30 %\n',
    '[0/2]  gptq-w4g128 world-text 60 %\n',
    'gptq-w4g128  world-text  perplexity 9.1\n',
  ]);
});

test('rate and time left come from steps of the same kind', () => {
  const { state, output } = recorder(undefined);
  const progress = new Progress(output, [text, facts, text3], 0);
  progress.start(text);
  state.now = 10_000;
  progress.finish();
  progress.start(facts);
  state.now = 40_000;
  progress.finish();
  // Two cells in 40 s are 3 a minute; what is left is one more text, which took 10 s.
  expect(progress.line()).toBe('[2/3]  3.0 cells/min  about 10 s left');
  progress.start(text3);
  state.now = 44_000;
  // 4 of the expected 10 seconds are over.
  expect(progress.line()).toBe('[2/3]  gptq-w3g128 world-text 0 %  2.7 cells/min  about 6.0 s left');
  progress.advance(0.25);
  // A quarter took 4 s, so three quarters take 12.
  expect(progress.line()).toContain('about 12 s left');
});

test('cells of a failed compression count as done', () => {
  const { output } = recorder(undefined);
  const progress = new Progress(output, [compress, text, facts], 0);
  progress.skip([text, facts]);
  expect(progress.line()).toBe('[2/2]');
});

test.each([
  [400, '0.4 s'],
  [9_940, '9.9 s'],
  [9_960, '10 s'],
  [59_400, '59 s'],
  [59_600, '1 min 0 s'],
  [185_000, '3 min 5 s'],
  [7_800_000, '2 h 10 min'],
])('%d ms is %s', (milliseconds, text) => {
  expect(describeDuration(milliseconds)).toBe(text);
});
