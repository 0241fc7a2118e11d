-- A comparison is one task at 4- or 3-bit weights by one method and source: a model against the next smaller one of its
-- line. The value is what the bigger model keeps more. It holds where that is above 0. The claim holds where at least
-- two thirds of at least 10 comparisons do. Where both keep less than 5 % or at least 99 %, there is nothing to
-- compare.

WITH rule AS (
  SELECT 0 AS least_gain, 0.05 AS least_kept, 0.99 AS most_kept, 10 AS least_comparisons, 2 / 3 AS least_share
),
-- Each model beside the next smaller one of its line.
paired AS (
  SELECT
    *, lag(kept) OVER line AS smaller_kept, lag(kept_half) OVER line AS smaller_half,
    lag(model_name) OVER line AS against, lag(params_b) OVER line AS smaller_params_b
  FROM claim_evidence
  WHERE tensor = 'W' AND w_bits IN (3, 4)
  WINDOW line AS (
    PARTITION BY side, source_id, family, series, is_chat, recipe_id, task_id ORDER BY params_b, model_id
  )
)
SELECT
  side, source_id, model_id, recipe_id, task_id, against, kept - smaller_kept AS value,
  kept - smaller_kept - sqrt(kept_half ** 2 + smaller_half ** 2) AS low,
  kept - smaller_kept + sqrt(kept_half ** 2 + smaller_half ** 2) AS high, least_gain AS threshold,
  kept - smaller_kept > least_gain AS holds, row_id, least_comparisons, least_share
FROM paired, rule
WHERE params_b > smaller_params_b AND greatest(kept, smaller_kept) >= least_kept AND least(kept, smaller_kept) < most_kept;
