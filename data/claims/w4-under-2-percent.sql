-- A comparison is one task of one model with weights rounded to 4 bits (RTN, no data). It holds where the task loses less
-- than 2 % of its 16-bit score. The paper says "most tasks": the claim holds where at least half of at least 10
-- comparisons do. Perplexity is left out, as the paper speaks of scores.

WITH rule AS (
  SELECT 0.02 AS most_lost, 10 AS least_comparisons, 0.5 AS least_share
)
SELECT
  side, source_id, model_id, recipe_id, task_id, loss AS value, loss - loss_half AS low, loss + loss_half AS high,
  most_lost AS threshold, loss < most_lost AS holds, row_id, least_comparisons, least_share
FROM claim_evidence, rule
WHERE method_id = 'rtn' AND tensor = 'W' AND w_bits = 4 AND unit <> 'perplexity';
