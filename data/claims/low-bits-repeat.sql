-- A comparison is one model whose weights or cache are rounded to 3 bits (RTN), in dialogue, against its own 16-bit model.
-- The value is the rise of the share of sentences that repeat an earlier one, in points of 100. It holds where that share
-- rises. The claim holds where at least 75 % of at least 5 comparisons do. No source prints such a count, so only measured
-- rows can tell.

WITH rule AS (
  SELECT 0 AS least_rise, 5 AS least_comparisons, 0.75 AS least_share
)
SELECT
  side, source_id, model_id, recipe_id, task_id, 'its own 16 bits' AS against, 100 * (value - baseline) AS value,
  least_rise AS threshold, value - baseline > least_rise AS holds, row_id, least_comparisons, least_share
FROM claim_value, rule
WHERE
  method_id = 'rtn' AND metric = 'repeated_sentences' AND baseline IS NOT NULL
  AND (tensor = 'W' AND w_bits = 3 OR tensor = 'KV' AND kv_bits = 3);
