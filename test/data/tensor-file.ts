/** A file of tensor statistics with made-up numbers. */
import { TENSOR_COLUMNS, type TensorFile, type TensorRow } from '../../data/tensor-schema.ts';
import { sha } from './data-folder.ts';

export interface TensorFileSpec {
  readonly rows: readonly TensorRow[];
  readonly model?: string;
  readonly created_at?: string;
  readonly notes?: readonly string[];
}

export function tensorFile(spec: TensorFileSpec): TensorFile {
  const { rows, model = 'bitloss-llama-3m', created_at = '2026-01-02T03:04:05.678Z', notes = [] } = spec;
  return {
    schema: 1,
    measured: {
      created_at,
      command: `pnpm eval --stats --model ${model}`,
      code_commit: null,
      code_dirty: false,
      engine: { id: 'onnx', version: '1', provider: 'cpu' },
      model: {
        id: model,
        family: 'llama',
        source: `data/models/${model}`,
        revision: null,
        params: 2_900_000,
        config_sha256: sha('config'),
        tokenizer_sha256: sha('tokenizer'),
        weights: [{ name: 'model.safetensors', sha256: sha('model.safetensors'), bytes: 10 }],
      },
      text: { text: 'world-train', sha256: sha('text'), samples: 128, length: 512, seed: 0 },
      tokens: 65_536,
      wall_ms: 1000,
      notes: [...notes],
    },
    columns: [...TENSOR_COLUMNS],
    rows: [...rows],
  };
}
