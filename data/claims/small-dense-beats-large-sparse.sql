-- A comparison is one task by one source: a whole model against the next bigger one of its line, pruned until about as many
-- weights are left (within 10 %). The value is the lead of the whole small model in points of 100. It holds where that is
-- at least 0. The claim holds where at least 75 % of at least 3 comparisons do.

WITH rule AS (
  SELECT 0 AS least_lead, 0.1 AS most_off, 3 AS least_comparisons, 0.75 AS least_share
),
whole AS (
  SELECT side, source_id, model_id, model_name, series, params_b, task_id, metric, avg(value) AS value
  FROM claim_value
  WHERE is_baseline AND unit = 'fraction'
  GROUP BY ALL
),
sparse AS (
  SELECT * FROM claim_value WHERE tensor = 'prune' AND unit = 'fraction'
)
SELECT
  side, source_id, sparse.model_id, recipe_id, task_id, whole.model_name || ', whole' AS against,
  100 * (whole.value - sparse.value) AS value, least_lead AS threshold, whole.value - sparse.value >= least_lead AS holds,
  sparse.row_id, least_comparisons, least_share
FROM sparse JOIN whole USING (side, source_id, series, task_id, metric), rule
WHERE
  whole.params_b < sparse.params_b AND abs(sparse.params_b * (1 - sparse.sparsity) / whole.params_b - 1) <= most_off;
