-- A comparison is one task of one model, weights at 4 bits with activations at 8 against the same weights alone (RTN, same
-- source). The value is what the activations cost: kept of W4 less kept of W4A8. It holds where that is less than 2 % of
-- the model. The paper says "most tasks": the claim holds where at least half of at least 10 comparisons do.

WITH rule AS (
  SELECT 0.02 AS most_cost, 10 AS least_comparisons, 0.5 AS least_share
),
candidate AS (
  SELECT * FROM claim_evidence WHERE method_id = 'rtn' AND w_bits = 4
)
SELECT
  side, source_id, model_id, rounded_both.recipe_id, task_id, 'W4 alone' AS against, weights.kept - rounded_both.kept AS value,
  weights.kept - rounded_both.kept - sqrt(rounded_both.kept_half ** 2 + weights.kept_half ** 2) AS low,
  weights.kept - rounded_both.kept + sqrt(rounded_both.kept_half ** 2 + weights.kept_half ** 2) AS high, most_cost AS threshold,
  weights.kept - rounded_both.kept < most_cost AS holds, rounded_both.row_id, least_comparisons, least_share
FROM candidate AS rounded_both JOIN candidate AS weights USING (side, source_id, model_id, task_id), rule
WHERE
  rounded_both.tensor = 'WA' AND rounded_both.a_bits = 8 AND weights.tensor = 'W'
  AND rounded_both.group_size IS NOT DISTINCT FROM weights.group_size;
