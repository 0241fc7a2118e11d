-- A comparison is one task with weights and activations rounded (W8A8, W4A8, W4A4) by one source. What the activations
-- cost is what the same weights keep alone less what both keep. The value is that cost in a model less the cost in the next
-- smaller one of its line. It holds where the bigger model pays more. The claim holds where at least two thirds of at least
-- 10 comparisons do. Where both pay less than 1 %, or both keep less than 5 %, there is nothing to compare.

WITH rule AS (
  SELECT 0 AS least_gap, 0.01 AS least_cost, 0.05 AS least_kept, 10 AS least_comparisons, 2 / 3 AS least_share
),
rounded AS (
  SELECT * FROM claim_evidence WHERE method_id = 'rtn' AND tensor IN ('W', 'WA')
),
cost AS (
  SELECT
    side, source_id, model_id, weights.model_name, weights.family, weights.series, weights.is_chat, weights.params_b,
    rounded_both.recipe_id, task_id, rounded_both.kept, weights.kept - rounded_both.kept AS cost, rounded_both.row_id
  FROM rounded AS rounded_both JOIN rounded AS weights USING (side, source_id, model_id, task_id, w_bits)
  WHERE
    rounded_both.tensor = 'WA' AND weights.tensor = 'W'
    AND rounded_both.group_size IS NOT DISTINCT FROM weights.group_size
),
paired AS (
  SELECT
    *, lag(cost) OVER line AS smaller_cost, lag(kept) OVER line AS smaller_kept, lag(model_name) OVER line AS against,
    lag(params_b) OVER line AS smaller_params_b
  FROM cost
  WINDOW line AS (
    PARTITION BY side, source_id, family, series, is_chat, recipe_id, task_id ORDER BY params_b, model_id
  )
)
SELECT
  side, source_id, model_id, recipe_id, task_id, against, cost - smaller_cost AS value, least_gap AS threshold,
  cost - smaller_cost > least_gap AS holds, row_id, least_comparisons, least_share
FROM paired, rule
WHERE
  params_b > smaller_params_b AND greatest(cost, smaller_cost) >= least_cost
  AND greatest(kept, smaller_kept) >= least_kept;
