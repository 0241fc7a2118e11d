/** The content that decides the numbers of a cell, as one hash. */
import type { Calibration } from '../data/schema.ts';
import { contentHash } from './content-hash.ts';
import type { FileRecord } from './datasets/load.ts';
import type { EngineInfo } from './engines/engine.ts';
import type { ModelFacts } from './plan.ts';
import type { SettingsRecord } from './requests/resolve-settings.ts';
import type { Task } from './tasks/task.ts';

/**
 * Raised when a change of the code changes numbers and no version of a task or engine says so, such as a correction of
 * a method. Stored cells are then measured again.
 */
export const NUMERICS_VERSION = 2;

export interface RecipeContent {
  readonly engine: EngineInfo;
  readonly model: Pick<ModelFacts, 'manifest' | 'bosId' | 'eosId'>;
  readonly recipe: string;
  readonly calibration: Calibration | null;
  readonly seed: number;
}

export interface CellContent extends RecipeContent {
  readonly task: Pick<Task, 'id' | 'version' | 'dataset'>;
  readonly settings: SettingsRecord;
  readonly files: readonly FileRecord[];
}

/** 64 hexadecimal digits. Names and places of files are no part of it, only their bytes. */
export function cellKey(content: CellContent): string {
  const { task, settings, files, engine, seed } = content;
  return contentHash({
    ...compression(content),
    // Compression may not need the engine; evaluation always does.
    engine: engineContent(engine),
    task: { id: task.id, version: task.version, settings: { ...settings } },
    dataset: { id: task.dataset.id, files: files.map(({ sha256 }) => sha256) },
    seed,
  });
}

/** Of a compressed model: what its packed bytes depend on. */
export function compressionKey(content: RecipeContent): string {
  return contentHash(compression(content));
}

function compression({ engine, model, recipe, calibration }: RecipeContent) {
  const { config_sha256, tokenizer_sha256, weights } = model.manifest;
  return {
    numerics: NUMERICS_VERSION,
    engine: calibration === null ? null : engineContent(engine),
    model: {
      config: config_sha256,
      tokenizer: { file: tokenizer_sha256, bos: model.bosId, eos: model.eosId },
      weights: weights.map(({ sha256 }) => sha256),
    },
    recipe,
    calibration: calibration === null ? null : calibrationContent(calibration),
  };
}

function calibrationContent({ sha256, samples, length, seed, mode }: Calibration) {
  return { sha256, samples, length, seed, mode };
}

function engineContent({ id, version, provider }: EngineInfo) {
  return { id, version, provider };
}
