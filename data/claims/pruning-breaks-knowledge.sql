-- A comparison is one knowledge task of one model with at least 30 % of the weights removed, not by N of M. It holds where
-- more than 5 % of the 16-bit score is lost (the paper's own limit for a match). The claim holds where at least 75 % of at
-- least 5 comparisons do.

WITH rule AS (
  SELECT 0.05 AS most_lost, 0.3 AS least_sparsity, 5 AS least_comparisons, 0.75 AS least_share
)
SELECT
  side, source_id, model_id, recipe_id, task_id, loss AS value, most_lost AS threshold, loss > most_lost AS holds, row_id,
  least_comparisons, least_share
FROM claim_evidence, rule
WHERE ability = 'knowledge' AND tensor = 'prune' AND sparsity >= least_sparsity;
