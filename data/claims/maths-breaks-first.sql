-- A comparison is one recipe of 4 bits or fewer (weights or cache) of one model by one source: what it keeps of maths
-- against what it keeps of common sense, each the mean of its tasks. The value is what common sense keeps more. It
-- holds where maths keeps less. The claim holds where at least two thirds of at least 5 comparisons do. Where both keep
-- less than 5 % or at least 99 %, there is nothing to compare.

WITH rule AS (
  SELECT 0 AS least_gap, 0.05 AS least_kept, 0.99 AS most_kept, 5 AS least_comparisons, 2 / 3 AS least_share
),
by_topic AS (
  SELECT
    side, source_id, model_id, recipe_id, avg(kept) FILTER (topic = 'common sense') AS common_sense,
    avg(kept) FILTER (topic = 'maths') AS maths, min(row_id) FILTER (topic = 'maths') AS row_id
  FROM claim_evidence
  WHERE w_bits <= 4 OR kv_bits <= 4
  GROUP BY ALL
)
SELECT
  side, source_id, model_id, recipe_id, 'common sense' AS against, common_sense - maths AS value,
  least_gap AS threshold, common_sense - maths > least_gap AS holds, row_id, least_comparisons, least_share
FROM by_topic, rule
WHERE greatest(common_sense, maths) >= least_kept AND least(common_sense, maths) < most_kept;
