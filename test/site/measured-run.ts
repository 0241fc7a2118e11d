/** A run file for the site's tests: the shipped model under eight recipes and three tasks, one cell failed. Made-up numbers. */
import { createHash } from 'node:crypto';
import type { Cell, RunFile } from '../../data/schema.ts';

const sha = (text: string) => createHash('sha256').update(text).digest('hex');

/** Recipe → true bits and the share of the 16-bit model that its made-up scores keep. */
const RECIPES: Readonly<Record<string, readonly [bits: number, kept: number]>> = {
  fp16: [16, 1],
  'rtn-w8g128': [8.25, 0.999],
  'gptq-w8g128': [8.25, 0.999],
  'rtn-w4g128': [4.25, 0.94],
  'gptq-w4g128': [4.25, 0.97],
  'rtn-w3g128': [3.25, 0.7],
  'gptq-w3g128': [3.25, 0.86],
  'rtn-w2g128': [2.25, 0.1],
};

const FAILED = 'gptq-w2g128';

/** One run of the shipped model; `<script>` in its note must reach pages as text. */
export function measuredRun(): RunFile {
  const file = (name: string) => ({ name, sha256: sha(name), bytes: 10 });
  return {
    schema: 1,
    run: {
      run_id: 'test-run-1',
      created_at: '2026-01-02T03:04:05.678Z',
      command: 'pnpm eval --recipe gptq-w4g128',
      code_commit: 'a'.repeat(40),
      code_dirty: false,
      engine: { id: 'onnx', version: '1', provider: 'cpu', settings: {} },
      kernel_library_sha256: null,
      machine: {
        cpu: 'A <b>CPU</b>',
        cores: 2,
        memory_bytes: 8e9,
        gpu: null,
        driver: null,
        os: 'linux',
        node: '24',
      },
      models: [
        {
          id: 'bitloss-llama-3m',
          family: 'llama',
          source: 'data/models/bitloss-llama-3m',
          revision: null,
          params: 2_900_000,
          config_sha256: sha('config'),
          tokenizer_sha256: sha('tokenizer'),
          weights: [file('model.safetensors')],
        },
      ],
      datasets: [],
      calibration: {
        text: 'world-train',
        sha256: sha('text'),
        samples: 16,
        length: 128,
        seed: 0,
        mode: 'sequential',
      },
      settings: {},
      seed: 0,
      wall_ms: 61_000,
      peak_memory_bytes: 500_000_000,
    },
    cells: [
      ...Object.keys(RECIPES).flatMap((recipe) => [cell(recipe, 'world-text'), cell(recipe, 'world-facts')]),
      failedCell(),
    ],
  };
}

function base(recipe: string, task: string) {
  const cell_key = sha(`${recipe} ${task}`);
  return {
    cell_key,
    model: 'bitloss-llama-3m',
    recipe,
    task,
    task_version: 1,
    settings: {},
    wall_ms: 5,
    peak_memory_bytes: 7,
  };
}

function cell(recipe: string, task: string): Cell {
  const [bits, kept] = RECIPES[recipe]!;
  const half = 0.02;
  const paired =
    recipe === 'fp16'
      ? null
      : { kept_low: kept - half, kept_high: kept + half, lost: 5, gained: 2, mcnemar_p: 0.4 };
  const isText = task === 'world-text';
  return {
    ...base(recipe, task),
    bits_per_weight: bits,
    size_bytes: Math.round(bits * 400_000),
    items: null,
    notes: recipe === 'gptq-w3g128' ? ['damping raised to 0.1 <script>alert(1)</script>'] : [],
    metrics: [
      isText
        ? { metric: 'perplexity', unit: 'perplexity', value: 5 / kept, std_error: 0.05, n: 40, paired }
        : { metric: 'acc', unit: 'fraction', value: 0.25 + 0.6 * kept, std_error: 0.015, n: 800, paired },
    ],
  };
}

function failedCell(): Cell {
  return {
    ...base(FAILED, 'world-text'),
    error: { code: 'test/memory', message: 'out of memory <i>here</i>' },
  };
}
