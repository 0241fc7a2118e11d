import { expect, test } from 'vitest';
import { pairEncoder, preparePairs } from '../../../eval/requests/pair.ts';
import type { BosRule } from '../../../eval/requests/special-tokens.ts';
import { BOS, codes, EOS, fakeModel, fakeTokenizer } from '../tasks/fakes.ts';

function encode(
  context: string,
  continuation: string,
  { bos = 'never' as BosRule, merges = [] as string[] } = {},
) {
  const encoder = pairEncoder('t', fakeTokenizer({ merges }), bos);
  return encoder({ item: 'i', request: { context, continuation } });
}

test('white space at the end of the context belongs to the continuation', () => {
  expect(encode('ab  ', 'c')).toEqual({ context: codes('ab'), continuation: codes('  c') });
  expect(encode('ab\n', ' c')).toEqual({ context: codes('ab'), continuation: codes('\n c') });
});

test('a merge inside the continuation is that of the joint text', () => {
  // ' c' is one token, 100,000.
  expect(encode('ab', ' cd', { merges: [' c'] })).toEqual({
    context: codes('ab'),
    continuation: [100_000, ...codes('d')],
  });
});

test('a merge over the border: the continuation is what the joint encoding has after the length of the context', () => {
  // Joint: a [bc] d, three tokens; the context alone: a b, two. The continuation is therefore 'd' alone.
  expect(encode('ab', 'cd', { merges: ['bc'] })).toEqual({ context: codes('ab'), continuation: codes('d') });
  // Joint: [abc], one token; nothing is left to be scored.
  expect(() => encode('ab', 'c', { merges: ['abc'] })).toThrow(
    expect.objectContaining({
      code: 'task/no-tokens',
      message: expect.stringContaining('i: the continuation has no tokens'),
    }),
  );
});

test('BOS rules', () => {
  expect(encode('ab', ' c', { bos: 'tokenizer' })).toEqual({
    context: [BOS, ...codes('ab')],
    continuation: codes(' c'),
  });
  expect(encode('ab', ' c', { bos: 'always' })).toEqual({
    context: [BOS, ...codes('ab')],
    continuation: codes(' c'),
  });
  expect(encode('ab', ' c', { bos: 'never' })).toEqual({ context: codes('ab'), continuation: codes(' c') });
  for (const bos of ['tokenizer', 'always', 'never'] as const) {
    expect(encode('<s>ab', ' c', { bos })).toEqual({
      context: [BOS, ...codes('ab')],
      continuation: codes(' c'),
    });
  }
});

test('an empty context stands for BOS, else EOS, whatever the rule', () => {
  expect(encode('', 'ab')).toEqual({ context: [BOS], continuation: codes('ab') });
  expect(encode(' ', 'ab', { bos: 'tokenizer' })).toEqual({ context: [BOS], continuation: codes(' ab') });
  expect(encode('', '<s>ab')).toEqual({ context: [BOS], continuation: codes('ab') });
  const request = { item: 'i', request: { context: '', continuation: 'ab' } };
  expect(pairEncoder('t', fakeTokenizer({ bos: false }), 'tokenizer')(request).context).toEqual([EOS]);
  expect(() => pairEncoder('t', fakeTokenizer({ bos: false, eos: false }), 'tokenizer')(request)).toThrow(
    expect.objectContaining({ code: 'task/no-prefix-token' }),
  );
});

function prepare(pairs: readonly (readonly [string, string, string])[], maxPositions: number) {
  const requests = pairs.map(([item, context, continuation]) => ({
    item,
    request: { context, continuation },
  }));
  const settings = { limit: null, bos: 'tokenizer' as const };
  return preparePairs(requests, {
    task: 't',
    settings,
    tokenizer: fakeTokenizer(),
    limits: { maxPositions },
  });
}

test('what is too long loses its beginning, BOS first; the last token needs no position', async () => {
  const { model, asked } = fakeModel({ probability: () => 0.5 });
  // <s>abc + de are six tokens; five of them are read. They fit into five positions, not into four.
  expect(prepare([['i', 'abc', 'de']], 5).notes).toEqual([]);
  const cut = prepare(
    [
      ['i', 'abc', 'de'],
      ['i', 'abc', 'fgh'],
      ['j', 'a', 'b'],
    ],
    4,
  );
  expect(cut.notes).toEqual([
    '1 of 2 prompts were longer than the 4 positions of the model allow; their beginning was cut off.',
  ]);
  await cut.run(model);
  expect(asked).toEqual([
    { context: codes('abc'), continuations: [codes('de')] },
    { context: codes('bc'), continuations: [codes('fgh')] },
    { context: [BOS, ...codes('a')], continuations: [codes('b')] },
  ]);
});

test('a continuation needs at least one token before it', () => {
  expect(prepare([['i', 'a', 'bcde']], 4).notes).toHaveLength(1);
  expect(() => prepare([['i', 'a', 'bcdef']], 4)).toThrow(
    expect.objectContaining({ code: 'task/continuation-too-long' }),
  );
});

test('log-probabilities that are not finite are refused', async () => {
  const { model } = fakeModel({ probability: (token) => (token === codes('x')[0] ? 0 : 0.5) });
  await expect(prepare([['i', 'a', 'xyx']], 9).run(model)).rejects.toMatchObject({
    code: 'task/not-finite',
    message: expect.stringContaining('for 2 of 3 tokens'),
  });
});
