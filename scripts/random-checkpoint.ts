/**
 * Writes a checkpoint of random weights in the shape of TinyLlama 1.1B, for `scripts/memory-check.ts`:
 *
 *     node scripts/random-checkpoint.ts FOLDER
 */
import { parseArgs } from 'node:util';
import { writeRandomCheckpoint } from '../eval/checkpoint/random-checkpoint.ts';

const CONFIG = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  vocab_size: 32_000,
  hidden_size: 2048,
  intermediate_size: 5632,
  num_hidden_layers: 22,
  num_attention_heads: 32,
  num_key_value_heads: 4,
  max_position_embeddings: 2048,
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
  tie_word_embeddings: false,
};

const [folder] = parseArgs({ allowPositionals: true }).positionals;
if (folder === undefined) throw new Error('Usage: node scripts/random-checkpoint.ts FOLDER');
const parameters = await writeRandomCheckpoint(folder, CONFIG);
console.log(`${folder}: ${parameters.toLocaleString('en')} parameters.`);
