-- A comparison is one recipe of 4 bits or fewer (weights or cache) of one model by one source, once for each step of
-- the order that the paper gives: in-context learning and instruction following keep more than reasoning, and reasoning
-- keeps more than calibration; each the mean of its tasks. The value is what the first of the two keeps more. It holds
-- where that is above 0. The claim holds where at least two thirds of at least 10 comparisons do. Where both keep less
-- than 5 % or at least 99 %, there is nothing to compare.

WITH rule AS (
  SELECT 0 AS least_gap, 0.05 AS least_kept, 0.99 AS most_kept, 10 AS least_comparisons, 2 / 3 AS least_share
),
by_ability AS (
  SELECT
    side, source_id, model_id, recipe_id,
    avg(kept) FILTER (ability IN ('in-context learning', 'instruction following')) AS following,
    avg(kept) FILTER (ability = 'reasoning') AS reasoning, avg(kept) FILTER (ability = 'calibration') AS calibration,
    min(row_id) FILTER (ability = 'reasoning') AS row_id
  FROM claim_evidence
  WHERE w_bits <= 4 OR kv_bits <= 4
  GROUP BY ALL
),
step AS (
  SELECT *, 'reasoning after following' AS against, following AS first, reasoning AS second FROM by_ability
  UNION ALL
  SELECT *, 'calibration after reasoning' AS against, reasoning AS first, calibration AS second FROM by_ability
)
SELECT
  side, source_id, model_id, recipe_id, against, first - second AS value, least_gap AS threshold,
  first - second > least_gap AS holds, row_id, least_comparisons, least_share
FROM step, rule
WHERE greatest(first, second) >= least_kept AND least(first, second) < most_kept;
