-- A comparison is one model at 3 or 4 bits, GPTQ against rounding (RTN) with the same bits and group by the same source,
-- as the mean over the tasks that both have. The value is what GPTQ keeps more. It holds where GPTQ keeps at least as much.
-- The claim holds where at least 75 % of at least 10 comparisons do.

WITH rule AS (
  SELECT 0 AS least_gain, 10 AS least_comparisons, 0.75 AS least_share
),
candidate AS (
  SELECT * FROM claim_evidence WHERE tensor = 'W' AND w_bits IN (3, 4)
),
paired AS (
  SELECT
    side, source_id, model_id, gptq.recipe_id, rtn.recipe_id AS other, round(avg(gptq.kept - rtn.kept), 9) AS value,
    CASE
      WHEN count(gptq.kept_half + rtn.kept_half) = count(*)
        THEN sqrt(sum(gptq.kept_half ** 2 + rtn.kept_half ** 2)) / count(*)
    END AS half,
    min(gptq.row_id) AS row_id
  FROM candidate AS gptq JOIN candidate AS rtn USING (side, source_id, model_id, task_id, w_bits)
  WHERE gptq.method_id = 'gptq' AND rtn.method_id = 'rtn' AND gptq.group_size IS NOT DISTINCT FROM rtn.group_size
  GROUP BY ALL
)
SELECT
  side, source_id, model_id, recipe_id, 'rounding' AS against, value, value - half AS low, value + half AS high,
  least_gain AS threshold, value >= least_gain AS holds, row_id, least_comparisons, least_share
FROM paired, rule;
