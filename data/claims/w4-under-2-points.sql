-- The same claim in the other unit that a reader may have in mind. A comparison is one task of one model with weights
-- rounded to 4 bits (RTN). It holds where the share of right answers falls by less than 2 points of 100. The claim holds
-- where at least half of at least 10 comparisons do.

WITH rule AS (
  SELECT 2 AS most_points, 10 AS least_comparisons, 0.5 AS least_share
)
SELECT
  side, source_id, model_id, recipe_id, task_id, loss_points AS value, loss_points - 100 * baseline * loss_half AS low,
  loss_points + 100 * baseline * loss_half AS high, most_points AS threshold, loss_points < most_points AS holds, row_id,
  least_comparisons, least_share
FROM claim_evidence, rule
WHERE method_id = 'rtn' AND tensor = 'W' AND w_bits = 4 AND loss_points IS NOT NULL;
