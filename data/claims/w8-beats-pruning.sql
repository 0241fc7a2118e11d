-- A comparison is one task of one model by one source: 8-bit weights against half of the weights removed, by the best
-- pruning method. The value is what 8 bits keep more. It holds where that is above 0. The claim holds where at least 90 %
-- of at least 5 comparisons do.

WITH rule AS (
  SELECT 0 AS least_gain, 5 AS least_comparisons, 0.9 AS least_share
),
pruned AS (
  SELECT side, source_id, model_id, task_id, max(kept) AS kept, arg_max(recipe_id, kept) AS recipe_id
  FROM claim_evidence
  WHERE tensor = 'prune' AND sparsity = 0.5
  GROUP BY ALL
)
SELECT
  side, source_id, model_id, eight.recipe_id, task_id, pruned.recipe_id AS against, eight.kept - pruned.kept AS value,
  least_gain AS threshold, eight.kept - pruned.kept > least_gain AS holds, eight.row_id, least_comparisons, least_share
FROM claim_evidence AS eight JOIN pruned USING (side, source_id, model_id, task_id), rule
WHERE eight.tensor IN ('W', 'WA') AND eight.w_bits = 8;
