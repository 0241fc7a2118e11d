-- Runs of the pipeline: the same three tables twice. PLACE is `file` for those read from run files (written anew by a
-- rebuild) and `local` for those that the pipeline writes cell by cell (kept by a rebuild).
-- owner is the folder under data/results; `local` for runs of this machine. engine is id, version and provider.

CREATE TABLE IF NOT EXISTS PLACE_run (
  run_id VARCHAR PRIMARY KEY, owner VARCHAR NOT NULL, created_at TIMESTAMP NOT NULL, command VARCHAR NOT NULL,
  code_commit VARCHAR, engine VARCHAR NOT NULL, seed INTEGER NOT NULL, file VARCHAR, manifest VARCHAR NOT NULL
);

-- settings is canonical JSON (keys sorted), so that equal settings are equal texts.
-- weights is the sha256 over the sha256 of the weight files. bits_per_weight and size_bytes are NULL in a failed cell.
CREATE TABLE IF NOT EXISTS PLACE_cell (
  run_id VARCHAR NOT NULL, cell_key VARCHAR NOT NULL, model_id VARCHAR NOT NULL, family VARCHAR NOT NULL,
  params_b DOUBLE NOT NULL, weights VARCHAR NOT NULL, recipe_id VARCHAR NOT NULL, task_id VARCHAR NOT NULL,
  task_version INTEGER NOT NULL, settings VARCHAR NOT NULL, wall_ms DOUBLE NOT NULL, peak_memory_bytes DOUBLE NOT NULL,
  bits_per_weight DOUBLE, size_bytes DOUBLE, items VARCHAR, notes VARCHAR, error_code VARCHAR, error_message VARCHAR,
  PRIMARY KEY (run_id, cell_key)
);

CREATE TABLE IF NOT EXISTS PLACE_metric (
  run_id VARCHAR NOT NULL, cell_key VARCHAR NOT NULL, metric VARCHAR NOT NULL, unit VARCHAR NOT NULL,
  value DOUBLE NOT NULL, std_error DOUBLE, n INTEGER NOT NULL, kept_low DOUBLE, kept_high DOUBLE, lost INTEGER,
  gained INTEGER, mcnemar_p DOUBLE, PRIMARY KEY (run_id, cell_key, metric)
);
