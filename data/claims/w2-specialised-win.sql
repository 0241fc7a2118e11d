-- A comparison is one model at about 2 bits or fewer: a method made for so few bits (binary or codebook) against GPTQ at 2
-- bits by the same source, as the mean over the tasks that both have. The value is what it keeps more. It holds where that
-- is above 0. The claim holds where at least 90 % of at least 10 comparisons do.

WITH rule AS (
  SELECT 0 AS least_gain, 10 AS least_comparisons, 0.9 AS least_share
),
candidate AS (
  SELECT * FROM claim_evidence WHERE tensor = 'W' AND w_bits < 2.5
),
paired AS (
  SELECT
    side, source_id, model_id, special.recipe_id, gptq.recipe_id AS other, round(avg(special.kept - gptq.kept), 9) AS value,
    CASE
      WHEN count(special.kept_half + gptq.kept_half) = count(*)
        THEN sqrt(sum(special.kept_half ** 2 + gptq.kept_half ** 2)) / count(*)
    END AS half,
    min(special.row_id) AS row_id
  FROM candidate AS special JOIN candidate AS gptq USING (side, source_id, model_id, task_id)
  WHERE special.method_group IN ('binary', 'codebook') AND gptq.method_id = 'gptq' AND gptq.w_bits >= 2
  GROUP BY ALL
)
SELECT
  side, source_id, model_id, recipe_id, other AS against, value, value - half AS low, value + half AS high,
  least_gain AS threshold, value > least_gain AS holds, row_id, least_comparisons, least_share
FROM paired, rule;
