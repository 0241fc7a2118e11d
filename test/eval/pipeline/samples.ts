/** Plans over a model that is only described, for tests that never compute with it. */
import type { Recipe } from '../../../data/recipe.ts';
import { parseRecipe } from '../../../data/recipe.ts';
import { describeModel } from '../../../eval/families/index.ts';
import type { ItemTable } from '../../../eval/items.ts';
import { type ModelFacts, type PlanInput, planCells, type TaskFacts } from '../../../eval/plan.ts';
import { tasks } from '../../../eval/tasks/index.ts';

export const hash = (digit: string) => digit.repeat(64).slice(0, 64);

const config = {
  model_type: 'llama',
  vocab_size: 97,
  hidden_size: 128,
  intermediate_size: 192,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  rms_norm_eps: 1e-5,
  max_position_embeddings: 256,
  rope_theta: 10_000,
};

export const model: ModelFacts = {
  manifest: {
    id: 'tiny',
    source: 'models/tiny',
    revision: null,
    family: 'llama',
    params: 123_456,
    config_sha256: hash('1'),
    tokenizer_sha256: hash('2'),
    weights: [{ name: 'model.safetensors', sha256: hash('3'), bytes: 1000 }],
  },
  architecture: describeModel(config, 'config.json'),
  bosId: 1,
  eosId: 2,
};

export const text: TaskFacts = {
  task: tasks['world-text'],
  documents: 1,
  files: [{ name: 'world-text.jsonl', sha256: hash('4'), bytes: 10 }],
};

export const facts: TaskFacts = {
  task: tasks['world-facts'],
  documents: 800,
  files: [{ name: 'world-questions.jsonl', sha256: hash('5'), bytes: 20 }],
};

export const engine = { id: 'onnx', version: '1.2.3', provider: 'cpu' };

export const calibration = { text: 'world-train', samples: 16, length: null, mode: 'sequential' } as const;

export function planInput(changes: Partial<PlanInput> = {}): PlanInput {
  return {
    models: [model],
    recipes: recipes('rtn-w4g64', 'gptq-w4g64'),
    tasks: [text, facts],
    engine,
    calibrationSha256: hash('6'),
    sweep: { limit: null, limits: {}, window: null, bos: 'tokenizer', seed: 0, calibration },
    ...changes,
  };
}

export function recipes(...ids: readonly string[]): readonly Recipe[] {
  return ids.map(parseRecipe);
}

/** The one run of the usual plan. */
export function plannedRun(changes: Partial<PlanInput> = {}) {
  return planCells(planInput(changes)).runs[0]!;
}

/** Items as the two tasks above have them: whatever columns their metrics add up. */
export function itemsOf(ids: readonly string[], values: readonly number[]): ItemTable {
  const numbers = Float64Array.from(values);
  return {
    rows: ids.length,
    columns: [
      { name: 'item', type: 'text', values: ids },
      { name: 'nll_nats', type: 'double', values: numbers },
      { name: 'tokens', type: 'int', values: Int32Array.from(values, () => 10) },
      { name: 'acc', type: 'bool', values: Uint8Array.from(values, (value) => Number(value < 1)) },
      { name: 'acc_norm', type: 'bool', values: Uint8Array.from(values, (value) => Number(value < 1)) },
      {
        name: 'choices',
        type: 'doubles',
        values: values.map((value) => Float64Array.of(-value, -2 * value)),
      },
    ],
  };
}
