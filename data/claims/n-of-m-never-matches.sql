-- A comparison is one task of one model pruned to N of M weights (1:2, 2:4, 4:8). It holds where more than 5 % of the
-- 16-bit score is lost (the paper's own limit for a match). The paper says "never": the claim holds where all of at least
-- 5 comparisons do.

WITH rule AS (
  SELECT 0.05 AS most_lost, 5 AS least_comparisons, 1 AS least_share
)
SELECT
  side, source_id, model_id, recipe_id, task_id, loss AS value, most_lost AS threshold, loss > most_lost AS holds, row_id,
  least_comparisons, least_share
FROM claim_evidence, rule
WHERE tensor = 'prune' AND regexp_matches(sparsity_pattern, '^\d+:\d+$');
