-- A comparison is one model at 4 or 3 bits of rounding by one source: on its long-context tasks, the cache at those bits
-- against the weights at those bits. The value is what the weights keep more. It holds where rounding the cache costs
-- more than rounding the weights. The claim holds where at least 75 % of at least 5 comparisons do.

WITH rule AS (
  SELECT 0 AS least_gap, 5 AS least_comparisons, 0.75 AS least_share
),
rounded AS (
  SELECT * FROM claim_evidence WHERE method_id = 'rtn' AND ability = 'long context'
)
SELECT
  side, source_id, model_id, cache.recipe_id, task_id, format('W{:g}', weights.w_bits) AS against,
  weights.kept - cache.kept AS value, weights.kept - cache.kept - sqrt(cache.kept_half ** 2 + weights.kept_half ** 2) AS low,
  weights.kept - cache.kept + sqrt(cache.kept_half ** 2 + weights.kept_half ** 2) AS high, least_gap AS threshold,
  weights.kept - cache.kept > least_gap AS holds, cache.row_id, least_comparisons, least_share
FROM rounded AS cache JOIN rounded AS weights USING (side, source_id, model_id, task_id), rule
WHERE
  cache.tensor = 'KV' AND weights.tensor = 'W' AND cache.kv_bits = weights.w_bits AND cache.kv_bits IN (3, 4);
