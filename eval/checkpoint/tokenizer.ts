/** The tokenizer of a checkpoint: a thin, checked layer over `@huggingface/tokenizers`. */
import { Tokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { checkpointErrors as errors } from '../errors/checkpoint.ts';

export interface TextTokenizer {
  /** Token ids of a text, without special tokens around it. */
  encode(text: string): number[];
  /** As `encode`, with the special tokens that this tokenizer puts around a text, such as BOS. */
  encodeWithSpecials(text: string): number[];
  /** Text of token ids; special tokens are left out unless asked for. An empty list is an empty text. */
  decode(ids: readonly number[], options?: { readonly keepSpecials: boolean }): string;
  /** Whether a text is the UTF-8 of its tokens' bytes one after the other, so that an ASCII character is in one token. */
  readonly isByteLevel?: boolean;
  readonly bosId: number | null;
  readonly eosId: number | null;
  /** Highest token id plus one, added tokens included. */
  readonly vocabSize: number;
}

const MAX_TOKEN_ID = 2 ** 24;

const id = z.int().nonnegative().max(MAX_TOKEN_ID);
const vocabulary = z.union([z.record(z.string(), id), z.array(z.tuple([z.string(), z.number()]))]);
const tokenizerSchema = z.looseObject({
  model: z.looseObject({ vocab: vocabulary }),
  added_tokens: z.array(z.looseObject({ id, content: z.string() })).default([]),
  decoder: z.looseObject({ type: z.string() }).nullable().catch(null),
});

const named = z
  .union([z.string(), z.looseObject({ content: z.string() }).transform(({ content }) => content)])
  .nullish();
const optionsSchema = z.looseObject({ bos_token: named, eos_token: named });
const tokenId = z.union([id, z.array(id).transform(([first]) => first ?? null)]).nullish();
const configSchema = z.looseObject({ bos_token_id: tokenId, eos_token_id: tokenId });

/** The parsed files of a checkpoint that say how text becomes tokens. */
export interface TokenizerFiles {
  /** tokenizer.json */
  readonly definition: unknown;
  /** tokenizer_config.json; null where there is none. */
  readonly options: unknown;
  /** config.json */
  readonly modelConfig: unknown;
}

/**
 * A tokenizer with the BOS and EOS of `tokenizer_config.json`, else those of the model's config.
 * @param folder  for messages
 * @throws checkpoint/tokenizer
 */
export function createTokenizer(folder: string, files: TokenizerFiles): TextTokenizer {
  const file = `${folder}/tokenizer.json`;
  const definition = check(tokenizerSchema, files.definition, file);
  const options = check(optionsSchema, files.options ?? {}, `${folder}/tokenizer_config.json`);
  const config = check(configSchema, files.modelConfig, `${folder}/config.json`);
  const tokenizer = construct(definition, options, file);
  const idOf = (token: string | null | undefined) => (token ? (tokenizer.token_to_id(token) ?? null) : null);
  return wrap(tokenizer, file, {
    bosId: idOf(options.bos_token) ?? config.bos_token_id ?? null,
    eosId: idOf(options.eos_token) ?? config.eos_token_id ?? null,
    vocabSize: highestId(definition) + 1,
    isByteLevel: definition.decoder?.type === 'ByteLevel',
  });
}

function wrap(
  tokenizer: Tokenizer,
  file: string,
  facts: Pick<TextTokenizer, 'bosId' | 'eosId' | 'vocabSize' | 'isByteLevel'>,
): TextTokenizer {
  const encode = (text: string, add_special_tokens: boolean): number[] => {
    const { ids } = tokenizer.encode(text, { add_special_tokens });
    // A tokenizer without an unknown token yields `undefined` for pieces that it has no id for.
    if (!ids.every(Number.isInteger))
      throw errors.tokenizer(file, 'it has no id, and no unknown token, for a part of the text');
    return ids;
  };
  return {
    ...facts,
    encode: (text) => encode(text, false),
    encodeWithSpecials: (text) => encode(text, true),
    decode: (ids, { keepSpecials } = { keepSpecials: false }) => {
      if (ids.length === 0) return '';
      const wrong = ids.find((one) => !Number.isInteger(one) || one < 0 || one >= facts.vocabSize);
      if (wrong !== undefined) throw errors.tokenizerId(wrong, facts.vocabSize);
      return tokenizer.decode([...ids], {
        skip_special_tokens: !keepSpecials,
        clean_up_tokenization_spaces: false,
      });
    },
  };
}

function construct(definition: object, options: object, file: string): Tokenizer {
  try {
    return new Tokenizer(definition, options);
  } catch (cause) {
    throw errors.tokenizer(
      file,
      `it cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`,
      cause,
    );
  }
}

function highestId({ model, added_tokens: added }: z.infer<typeof tokenizerSchema>): number {
  let highest = Array.isArray(model.vocab) ? model.vocab.length - 1 : -1;
  if (!Array.isArray(model.vocab))
    for (const token of Object.values(model.vocab)) highest = Math.max(highest, token);
  for (const token of added) highest = Math.max(highest, token.id);
  return highest;
}

function check<T>(schema: z.ZodType<T>, value: unknown, file: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0];
  throw errors.tokenizer(file, `${path.join('.') || 'the file'}: ${message}`);
}
