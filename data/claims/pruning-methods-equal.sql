-- A comparison is one task of one model at one sparsity by one source, where magnitude, Wanda and SparseGPT are all known
-- and the best of them loses at most 5 % of the 16-bit score (so that a match is possible at all). The value is what the
-- worst loses more than the best. It holds where that is at most 5 %. The claim holds where at least 75 % of at least 5
-- comparisons do.

WITH rule AS (
  SELECT 0.05 AS most_distance, 0.05 AS most_lost, 5 AS least_comparisons, 0.75 AS least_share
),
spread AS (
  SELECT
    side, source_id, model_id, task_id, sparsity, sparsity_pattern, max(loss) - min(loss) AS distance, min(loss) AS best,
    min(row_id) AS row_id
  FROM claim_evidence
  WHERE tensor = 'prune' AND method_id IN ('magnitude', 'wanda', 'sparsegpt')
  GROUP BY ALL
  HAVING count(DISTINCT method_id) = 3
)
SELECT
  side, source_id, model_id, task_id, format('each other at {:g} % sparsity', 100 * sparsity) AS against,
  distance AS value, most_distance AS threshold, distance <= most_distance AS holds, row_id, least_comparisons,
  least_share
FROM spread, rule
WHERE best <= most_lost;
