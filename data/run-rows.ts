/** Turns a run and its cells into rows of the tables `<place>_run`, `<place>_cell` and `<place>_metric`. */
import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';
import type { Cell, Manifest, ModelManifest } from './schema.ts';

export interface RunRow {
  readonly [column: string]: string | number | boolean | null;
}

/** `owner` is the folder under data/results, or `local`; `file` is where the run was read, if it was. */
export function runRow(run: Manifest, owner: string, file: string | null): RunRow {
  return {
    run_id: run.run_id,
    owner,
    created_at: run.created_at.replace('T', ' ').replace('Z', ''),
    command: run.command,
    code_commit: run.code_commit,
    engine: `${run.engine.id} ${run.engine.version} ${run.engine.provider}`,
    seed: run.seed,
    file,
    manifest: canonicalJson(run),
  };
}

/** The cell's model must be one of the run's models. */
export function cellRow(run: Manifest, cell: Cell): RunRow {
  const model = run.models.find(({ id }) => id === cell.model);
  if (model === undefined) throw new Error(`[runs] ${run.run_id}: no model "${cell.model}" in the manifest.`);
  const finished = 'metrics' in cell ? cell : null;
  const failed = 'error' in cell ? cell.error : null;
  return {
    run_id: run.run_id,
    cell_key: cell.cell_key,
    model_id: cell.model,
    family: model.family,
    params_b: model.params / 1e9,
    weights: weightsHash(model),
    recipe_id: cell.recipe,
    task_id: cell.task,
    task_version: cell.task_version,
    settings: canonicalJson(cell.settings),
    wall_ms: cell.wall_ms,
    peak_memory_bytes: cell.peak_memory_bytes,
    bits_per_weight: finished?.bits_per_weight ?? null,
    size_bytes: finished?.size_bytes ?? null,
    items: finished?.items ?? null,
    notes: finished === null || finished.notes.length === 0 ? null : finished.notes.join('; '),
    error_code: failed?.code ?? null,
    error_message: failed?.message ?? null,
  };
}

export function metricRows(run: Manifest, cell: Cell): RunRow[] {
  if (!('metrics' in cell)) return [];
  return cell.metrics.map(({ metric, unit, value, std_error, n, paired }) => ({
    run_id: run.run_id,
    cell_key: cell.cell_key,
    metric,
    unit,
    value,
    std_error,
    n,
    kept_low: paired?.kept_low ?? null,
    kept_high: paired?.kept_high ?? null,
    lost: paired?.lost ?? null,
    gained: paired?.gained ?? null,
    mcnemar_p: paired?.mcnemar_p ?? null,
  }));
}

/** Two models of one name are the same only when their weights are. */
export function weightsHash(model: ModelManifest): string {
  const files = model.weights.map(({ sha256 }) => sha256).sort();
  return createHash('sha256').update(files.join('\n')).digest('hex');
}
