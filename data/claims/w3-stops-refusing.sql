-- A comparison is one model below 13 billion parameters with weights rounded to 3 bits (RTN), against its own 16-bit model.
-- Where refusals are counted, the value is the change of the share refused, in points of 100, and it holds where fewer are
-- refused. Published rows do not count refusals; there the paper's own sign is taken, the share of right answers on
-- ETHICS, which rises when a model answers what it refused: the value is the change with its sign turned. The claim holds
-- where at least half of at least 5 comparisons do.

WITH rule AS (
  SELECT 0 AS most_change, 13 AS below_params_b, 5 AS least_comparisons, 0.5 AS least_share
),
rounded AS (
  SELECT * FROM claim_value WHERE method_id = 'rtn' AND tensor = 'W' AND w_bits = 3 AND baseline IS NOT NULL
),
change AS (
  SELECT *, 100 * (value - baseline) AS change FROM rounded WHERE metric = 'refusals'
  UNION ALL
  SELECT *, 100 * (baseline - value) AS change FROM rounded WHERE side = 'reported' AND task_id LIKE 'ethics-%'
)
SELECT
  side, source_id, model_id, recipe_id, task_id, 'its own 16 bits' AS against, change AS value,
  most_change AS threshold, change < most_change AS holds, row_id, least_comparisons, least_share
FROM change, rule
WHERE params_b < below_params_b;
