/** LLaMA 1, 2 and 3, and models published under its class. Sources: arXiv:2302.13971, arXiv:2307.09288, arXiv:2407.21783. */
import { z } from 'zod';
import { defineFamily } from './family.ts';
import { checkDecoder, decoderKeys, describeDecoder } from './parts/decoder.ts';

export const llama = defineFamily({
  id: 'llama',
  title: 'LLaMA',
  architectureClass: 'LlamaForCausalLM',
  config: z.object(decoderKeys).superRefine((parsed, context) => checkDecoder(parsed, context)),
  describe: (config) => describeDecoder('llama', config, null),
});
