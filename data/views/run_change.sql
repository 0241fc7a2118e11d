-- What each run changed: for every run and model in it how much was new, and how much had been measured before by the same
-- owner and came out the same or otherwise.
--
-- A value has been measured before where an earlier run has the same model, recipe, task and metric. Only where the key of
-- the cell, the hash of everything that the number depends on, is the same too, should it come out the same: those are the
-- n_again; the others were asked for in another way (another version of the task, other settings or weights) and are
-- n_otherwise. Of several earlier runs the last counts.
--   n_values        values of the run
--   n_again         of these, measured before with the same key; n_same of them gave the same number
--   before_*        the run that most of these were compared with: its id, day and commit
--   largest_*       the value with the same key that moved most, in standard errors where one is known

CREATE VIEW run_change AS
WITH run AS (
  FROM local_run
  UNION ALL BY NAME
  SELECT * FROM file_run WHERE run_id NOT IN (SELECT run_id FROM local_run)
),
cell AS (
  SELECT * FROM local_cell
  UNION ALL BY NAME
  SELECT * FROM file_cell WHERE run_id NOT IN (SELECT run_id FROM local_run)
),
metric AS (
  SELECT * FROM local_metric
  UNION ALL BY NAME
  SELECT * FROM file_metric WHERE run_id NOT IN (SELECT run_id FROM local_run)
),
measured AS (
  SELECT
    CASE owner WHEN 'local' THEN 'bitloss' ELSE owner END AS source_id, created_at, code_commit,
    cell.* EXCLUDE (family, params_b), metric, unit, value, std_error
  FROM run
  JOIN cell USING (run_id)
  LEFT JOIN metric USING (run_id, cell_key)
),
compared AS (
  SELECT
    *,
    lag(run_id) OVER earlier AS before_run_id,
    lag(cell_key) OVER earlier = cell_key AS is_again,
    lag(value) OVER earlier AS before
  FROM measured
  WINDOW earlier AS (
    PARTITION BY source_id, model_id, recipe_id, task_id, metric ORDER BY created_at, run_id
  )
),
moved AS (
  SELECT
    *,
    CASE
      WHEN is_again AND value <> before THEN abs(value - before) / coalesce(nullif(std_error, 0), abs(before), 1)
    END AS move
  FROM compared
),
counted AS (
  SELECT
    run_id, source_id, created_at, code_commit, model_id,
    count(DISTINCT cell_key)::INTEGER AS n_cells,
    (count(DISTINCT cell_key) FILTER (error_code IS NOT NULL))::INTEGER AS n_failed,
    count(value)::INTEGER AS n_values,
    (count(before) FILTER (is_again))::INTEGER AS n_again,
    (count(*) FILTER (is_again AND value = before))::INTEGER AS n_same,
    (count(before) FILTER (NOT is_again))::INTEGER AS n_otherwise,
    mode(before_run_id ORDER BY before_run_id) AS before_run_id,
    arg_max(recipe_id, move) AS largest_recipe_id,
    arg_max(task_id, move) AS largest_task_id,
    arg_max(metric, move) AS largest_metric,
    arg_max(unit, move) AS largest_unit,
    arg_max(before, move) AS largest_before,
    arg_max(value, move) AS largest_after
  FROM moved
  GROUP BY ALL
)
SELECT
  counted.*, before_run.created_at AS before_at, before_run.code_commit AS before_commit
FROM counted
LEFT JOIN run AS before_run ON before_run.run_id = before_run_id
ORDER BY counted.created_at DESC, counted.run_id, model_id;
