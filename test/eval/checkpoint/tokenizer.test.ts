/** Tokenizers: a small byte-pair encoding worked by hand, where BOS and EOS come from, and broken files. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTokenizer } from '../../../eval/checkpoint/open-tokenizer.ts';
import type { TextTokenizer } from '../../../eval/checkpoint/tokenizer.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bitloss-tokenizer-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** a b c ab abc, merged a+b then ab+c; <s> and </s> are special, and <s> is put before a text. */
const DEFINITION = {
  added_tokens: [
    { id: 5, content: '<s>', special: true },
    { id: 6, content: '</s>', special: true },
  ],
  normalizer: null,
  pre_tokenizer: null,
  post_processor: {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    pair: [],
    special_tokens: { '<s>': { id: '<s>', ids: [5], tokens: ['<s>'] } },
  },
  decoder: { type: 'Fuse' },
  model: { type: 'BPE', vocab: { a: 0, b: 1, c: 2, ab: 3, abc: 4 }, merges: ['a b', 'ab c'] },
};

async function opened(
  files: Readonly<Record<string, unknown>>,
  config: unknown = {},
): Promise<TextTokenizer> {
  const here = await mkdtemp(join(folder, 'x'));
  for (const [name, value] of Object.entries({ 'tokenizer.json': DEFINITION, ...files })) {
    await writeFile(join(here, name), typeof value === 'string' ? value : JSON.stringify(value));
  }
  return openTokenizer(here, config);
}

describe('a tokenizer', () => {
  test('encodes with and without special tokens, and decodes', async () => {
    const tokenizer = await opened({});
    expect(tokenizer.encode('abcabba')).toEqual([4, 3, 1, 0]);
    expect(tokenizer.encodeWithSpecials('abc')).toEqual([5, 4]);
    expect(tokenizer.encode('')).toEqual([]);
    expect(tokenizer.encode('</s>a')).toEqual([6, 0]);
    expect(tokenizer.decode([5, 4, 1, 6])).toBe('abcb');
    expect(tokenizer.decode([5, 4], { keepSpecials: true })).toBe('<s>abc');
    expect(tokenizer.decode([])).toBe('');
    expect(tokenizer.vocabSize).toBe(7);
  });

  test('refuses ids that it does not have, and text that it cannot say', async () => {
    const tokenizer = await opened({
      'tokenizer.json': { ...DEFINITION, model: { ...DEFINITION.model, unk_token: '<unk>' } },
    });
    for (const id of [7, -1, 0.5, Number.NaN]) {
      expect(() => tokenizer.decode([0, id])).toThrow(
        expect.objectContaining({ code: 'checkpoint/tokenizer-id' }),
      );
    }
    expect(() => tokenizer.encode('abx')).toThrow(expect.objectContaining({ code: 'checkpoint/tokenizer' }));
  });

  test('takes BOS and EOS from its own settings, else from the model config', async () => {
    const settings = { bos_token: '<s>', eos_token: { content: '</s>', lstrip: false } };
    const own = await opened({ 'tokenizer_config.json': settings }, { bos_token_id: 1, eos_token_id: 2 });
    expect([own.bosId, own.eosId]).toEqual([5, 6]);
    const models = await opened({}, { bos_token_id: 1, eos_token_id: [2, 3] });
    expect([models.bosId, models.eosId]).toEqual([1, 2]);
    const none = await opened({ 'tokenizer_config.json': { bos_token: null } }, { eos_token_id: null });
    expect([none.bosId, none.eosId]).toEqual([null, null]);
  });
});

describe('a broken tokenizer', () => {
  test.for<[string, Readonly<Record<string, unknown>>, string]>([
    ['that is cut off', { 'tokenizer.json': JSON.stringify(DEFINITION).slice(0, 200) }, 'checkpoint/json'],
    [
      'without a vocabulary',
      { 'tokenizer.json': { ...DEFINITION, model: { type: 'BPE' } } },
      'checkpoint/tokenizer',
    ],
    [
      'with ids that are no numbers',
      { 'tokenizer.json': { ...DEFINITION, model: { vocab: { a: 'x' } } } },
      'checkpoint/tokenizer',
    ],
    [
      'with a huge id',
      { 'tokenizer.json': { ...DEFINITION, added_tokens: [{ id: 2 ** 31, content: 'x' }] } },
      'checkpoint/tokenizer',
    ],
    [
      'without merges',
      { 'tokenizer.json': { ...DEFINITION, model: { type: 'BPE', vocab: { a: 0 } } } },
      'checkpoint/tokenizer',
    ],
    [
      'of an unknown decoder',
      { 'tokenizer.json': { ...DEFINITION, decoder: { type: 'Magic' } } },
      'checkpoint/tokenizer',
    ],
    ['with settings that are cut off', { 'tokenizer_config.json': '{' }, 'checkpoint/json'],
    ['with settings that are none', { 'tokenizer_config.json': { bos_token: 3 } }, 'checkpoint/tokenizer'],
  ])('%s', async ([, files, code]) => {
    await expect(opened(files)).rejects.toMatchObject({ code });
  });

  test('is described in a sentence', async () => {
    const error = await opened({ 'tokenizer.json': { ...DEFINITION, decoder: { type: 'Magic' } } }).catch(
      (caught) => caught,
    );
    expect(
      error.message.replace(/\[tokenizer\] \S*tokenizer\.json/, '[tokenizer] FILE'),
    ).toMatchInlineSnapshot(
      `"[tokenizer] FILE: it cannot be used: Unknown Decoder type: Magic. Download tokenizer.json again, or write it with the save_pretrained of a fast tokenizer."`,
    );
  });
});
