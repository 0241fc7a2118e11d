/** The wording of every message about checkpoints and families. */
import { expect, test } from 'vitest';
import { checkpointErrors, familyErrors, safetensorsErrors } from '../../../eval/errors/checkpoint.ts';
import { messagesOf } from './messages.ts';

const cause = new Error('cause');

test('safetensors', () => {
  expect(
    messagesOf(safetensorsErrors, {
      tooSmall: ['a.safetensors', 4],
      headerTooLong: ['a.safetensors', 2n ** 40n, 1000],
      headerJson: ['a.safetensors', 'it is not JSON', cause],
      entries: ['a.safetensors', ['tensor "w": unknown dtype "X"']],
      shortRead: ['a.safetensors', 100, 28],
      unknownTensor: ['a.safetensors', 'w'],
      dtype: ['a.safetensors', 'w', 'I32'],
      range: ['a.safetensors', 'w', 0, 12, 8],
      notFinite: ['a.safetensors', 'w', 1, 8],
      write: ['a.safetensors', 'w', 'the name is used twice'],
    }),
  ).toMatchInlineSnapshot(`
    "safetensors/too-small
      [safetensors] a.safetensors: the file has 4 bytes, fewer than the 8 of the header length and 2 of a header. Download the file again; it is probably truncated, or a Git LFS pointer.
    safetensors/header-too-long
      [safetensors] a.safetensors: the header claims 1099511627776 bytes, but only 1000 are possible. Check that the file is a complete .safetensors file; a pickle or a text file reads like this too.
    safetensors/header-json
      [safetensors] a.safetensors: the header cannot be read: it is not JSON. Download or convert the file again.
    safetensors/entries
      [safetensors] a.safetensors: 1 entry problem in the header:
      - tensor "w": unknown dtype "X". Download or convert the file again; nothing was read from it.
    safetensors/short-read
      [safetensors] a.safetensors: the file ends at byte 100, 28 bytes before the end of the tensor being read. Something changed the file while it was in use; restore it and run again.
    safetensors/unknown-tensor
      [safetensors] a.safetensors: there is no tensor "w". Check that config.json belongs to these weights.
    safetensors/dtype
      [safetensors] a.safetensors: tensor "w" is stored as I32; weights are read from F32, F16 and BF16 only. Use the 16-bit checkpoint of this model, not a quantized one.
    safetensors/range
      [safetensors] a.safetensors: elements 0 to 12 of tensor "w" were asked for, which has 8. Check that config.json belongs to these weights.
    safetensors/not-finite
      [safetensors] a.safetensors: tensor "w" has 1 value of 8 read that is NaN or infinite. Such weights cannot be compressed or evaluated; download the file again or fix the conversion that made it.
    safetensors/write
      [safetensors] a.safetensors: tensor "w": the name is used twice. Pass data that fits the shape."
  `);
});

test('checkpoint', () => {
  expect(
    messagesOf(checkpointErrors, {
      missingFile: ['model', 'config.json', cause],
      json: ['model/config.json', 'the file is not JSON', cause],
      pickle: ['model', ['pytorch_model.bin']],
      index: ['model/model.safetensors.index.json', ['weight_map is empty']],
      tensors: ['model', Array.from({ length: 14 }, (_, i) => `tensor "${i}" is missing`)],
      tokenizer: ['model/tokenizer.json', 'model: expected object', cause],
      tokenizerSize: ['model', 32000, 32000],
      tokenizerId: [7, 7],
    }),
  ).toMatchInlineSnapshot(`
    "checkpoint/missing-file
      [checkpoint] model: there is no readable config.json. A checkpoint is a folder with config.json, tokenizer.json and one or more .safetensors files.
    checkpoint/json
      [checkpoint] model/config.json: the file is not JSON. Download the file again.
    checkpoint/pickle
      [checkpoint] model: the weights are pickle files (pytorch_model.bin), which can run code when read, so they are refused. Convert them once, somewhere safe: python -c "import transformers as t; m = t.AutoModelForCausalLM.from_pretrained('model'); m.save_pretrained('model-safetensors'); t.AutoTokenizer.from_pretrained('model').save_pretrained('model-safetensors')".
    checkpoint/index
      [checkpoint] model/model.safetensors.index.json: 1 problem:
      - weight_map is empty. Download the index and all its shards again.
    checkpoint/tensors
      [checkpoint] model: the weights do not fit config.json, 14 problems:
      - tensor "0" is missing
      - tensor "1" is missing
      - tensor "2" is missing
      - tensor "3" is missing
      - tensor "4" is missing
      - tensor "5" is missing
      - tensor "6" is missing
      - tensor "7" is missing
      - tensor "8" is missing
      - tensor "9" is missing
      - tensor "10" is missing
      - tensor "11" is missing
      - … and 2 more. Check that config.json and the weight files come from the same model and revision.
    checkpoint/tokenizer
      [tokenizer] model/tokenizer.json: model: expected object. Download tokenizer.json again, or write it with the save_pretrained of a fast tokenizer.
    checkpoint/tokenizer-size
      [checkpoint] model: the tokenizer has token id 32000, but the embedding has only 32000 rows (ids 0 to 31999). Use the tokenizer.json that belongs to this model.
    checkpoint/tokenizer-id
      [tokenizer] 7 is not a token id; there are 7 (ids 0 to 6). Decode only ids that this tokenizer or its model made."
  `);
});

test('families', () => {
  expect(
    messagesOf(familyErrors, {
      unknown: ['config.json', 'lama', 'Did you mean "llama"?', ['llama', 'mistral']],
      config: ['config.json', ['hidden_act: only "silu" is supported']],
    }),
  ).toMatchInlineSnapshot(`
    "family/unknown
      [families] config.json: unknown model_type "lama". Did you mean "llama"? Known: llama, mistral (2).
    family/config
      [families] config.json: 1 problem in the model config:
      - hidden_act: only "silu" is supported. Only features that are computed exactly as transformers does are accepted; use a checkpoint without the others."
  `);
});
