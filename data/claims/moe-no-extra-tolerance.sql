-- A comparison is one task at 4- or 3-bit weights by rounding (RTN), a mixture-of-experts model against the biggest dense
-- model of its own kind that is not bigger than it, as a mixture calculates with a part of what it stores (Mixtral against
-- Mistral, Qwen2-MoE against LLaMA); same source and recipe. The value is what the mixture keeps more. It holds where that
-- is at most 1 % of the model. The claim holds where at least half of at least 10 comparisons do. Where both keep less than
-- 5 %, there is nothing to compare.

WITH rule AS (
  SELECT 0.01 AS most_gain, 0.05 AS least_kept, 10 AS least_comparisons, 0.5 AS least_share
),
rounded AS (
  SELECT * FROM claim_evidence WHERE method_id = 'rtn' AND tensor = 'W' AND w_bits IN (3, 4)
),
sibling (moe_family, dense_family) AS (
  VALUES ('mixtral', 'mistral'), ('qwen2_moe', 'llama')
),
paired AS (
  SELECT
    side, source_id, moe.model_id, recipe_id, task_id, dense.model_name AS against, moe.kept - dense.kept AS value,
    sqrt(moe.kept_half ** 2 + dense.kept_half ** 2) AS half,
    greatest(moe.kept, dense.kept) AS most_kept, moe.row_id
  FROM rounded AS moe
  JOIN sibling ON moe.family = moe_family
  JOIN rounded AS dense USING (side, source_id, recipe_id, task_id)
  WHERE
    dense.family = dense_family AND dense.params_b <= moe.params_b AND dense.is_chat IS NOT DISTINCT FROM moe.is_chat
    -- Of the project's own models, only those that saw the same text.
    AND (side = 'reported' OR dense.series = moe.series)
  QUALIFY
    row_number() OVER (
      PARTITION BY side, source_id, moe.model_id, recipe_id, task_id
      ORDER BY dense.params_b DESC, dense.model_id
    ) = 1
)
SELECT
  side, source_id, model_id, recipe_id, task_id, against, value, value - half AS low, value + half AS high,
  most_gain AS threshold, value <= most_gain AS holds, row_id, least_comparisons, least_share
FROM paired, rule
WHERE most_kept >= least_kept;
