-- A comparison is one model at 3 bits, AWQ against rounding (RTN) with the same group by the same source, as the mean over
-- the tasks that both have. The value is what AWQ keeps more. It holds where that is above 0. The claim holds where at least
-- 75 % of at least 5 comparisons do. That AWQ does not rescue 2 bits is part of `w2-collapses`.

WITH rule AS (
  SELECT 0 AS least_gain, 5 AS least_comparisons, 0.75 AS least_share
),
candidate AS (
  SELECT * FROM claim_evidence WHERE tensor = 'W' AND w_bits = 3
),
paired AS (
  SELECT
    side, source_id, model_id, awq.recipe_id, rtn.recipe_id AS other, round(avg(awq.kept - rtn.kept), 9) AS value,
    CASE
      WHEN count(awq.kept_half + rtn.kept_half) = count(*)
        THEN sqrt(sum(awq.kept_half ** 2 + rtn.kept_half ** 2)) / count(*)
    END AS half,
    min(awq.row_id) AS row_id
  FROM candidate AS awq JOIN candidate AS rtn USING (side, source_id, model_id, task_id)
  WHERE awq.method_id = 'awq' AND rtn.method_id = 'rtn' AND awq.group_size IS NOT DISTINCT FROM rtn.group_size
  GROUP BY ALL
)
SELECT
  side, source_id, model_id, recipe_id, 'rounding' AS against, value, value - half AS low, value + half AS high,
  least_gain AS threshold, value > least_gain AS holds, row_id, least_comparisons, least_share
FROM paired, rule;
