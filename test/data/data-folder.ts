/** Data folders for tests: the real catalogues, published results on demand, and whatever run files a test wants. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Database, openDatabase } from '../../data/db.ts';
import type { FailedCell, FinishedCell, Metric, RunFile } from '../../data/schema.ts';

export const DATA = resolve(import.meta.dirname, '../../data');

export interface FolderContent {
  readonly published?: boolean;
  /** Path below the data folder → content; replaces a catalogue of that name. */
  readonly files?: Readonly<Record<string, string>>;
}

export function dataFolder({ published = false, files = {} }: FolderContent = {}): string {
  const root = mkdtempSync(join(tmpdir(), 'bitloss-data-'));
  const link = (name: string) => symlinkSync(join(DATA, name), join(root, name));
  for (const name of readdirSync(DATA)) if (name.endsWith('.json') && !Object.hasOwn(files, name)) link(name);
  link('labels');
  if (published) link('published');
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  return root;
}

/** Opens a database for one test. */
export async function openForTest(path: string, readOnly = true): Promise<Database> {
  const database = await openDatabase(path, { readOnly });
  onTestFinished(() => database.close());
  return database;
}

export const sha = (text: string) => createHash('sha256').update(text).digest('hex');

export interface CellSpec {
  readonly recipe: string;
  readonly task?: string;
  readonly settings?: FinishedCell['settings'];
  readonly metrics?: readonly (Partial<Metric> & { value: number })[];
  readonly error?: FailedCell['error'];
  /** Part of the cell key that is not said otherwise. */
  readonly salt?: string;
}

/** One run file with made-up cells of `bitloss-llama-3m`. */
export function runFile(
  id: string,
  cells: readonly CellSpec[],
  changes: Partial<RunFile['run']> = {},
): RunFile {
  const file = (name: string) => ({ name, sha256: sha(name), bytes: 10 });
  return {
    schema: 1,
    run: {
      run_id: id,
      created_at: '2026-01-02T03:04:05.678Z',
      command: `pnpm eval --run ${id}`,
      code_commit: null,
      code_dirty: false,
      engine: { id: 'onnx', version: '1', provider: 'cpu', settings: {} },
      kernel_library_sha256: null,
      machine: { cpu: 'x', cores: 2, memory_bytes: 1e9, gpu: null, driver: null, os: 'linux', node: '24' },
      models: [
        {
          id: 'bitloss-llama-3m',
          family: 'llama',
          source: 'models/bitloss-llama-3m',
          revision: null,
          params: 2_900_000,
          config_sha256: sha('config'),
          tokenizer_sha256: sha('tokenizer'),
          weights: [file('model.safetensors')],
        },
      ],
      datasets: [],
      calibration: null,
      settings: {},
      seed: 0,
      wall_ms: 1000,
      peak_memory_bytes: 1000,
      ...changes,
    },
    cells: cells.map(cell),
  };
}

function cell(spec: CellSpec): RunFile['cells'][number] {
  const { recipe, task = 'world-facts', settings = {}, metrics = [], error, salt = '' } = spec;
  const base = {
    cell_key: sha(JSON.stringify([recipe, task, settings, salt])),
    model: 'bitloss-llama-3m',
    recipe,
    task,
    task_version: 1,
    settings,
    wall_ms: 5,
    peak_memory_bytes: 7,
  };
  if (error !== undefined) return { ...base, error };
  return {
    ...base,
    bits_per_weight: recipe === 'fp16' ? 16 : 4.25,
    size_bytes: 4_000_000,
    items: null,
    notes: [],
    metrics: metrics.map((metric) => ({
      metric: 'acc',
      unit: 'fraction',
      std_error: 0.01,
      n: 400,
      paired: null,
      ...metric,
    })),
  };
}
