-- A comparison is one model with its cache rounded to 4 or 3 bits by one source: its long-context tasks against all its
-- other abilities. The value is what the others keep more, as the mean over abilities. It holds where long context keeps
-- less. The claim holds where at least 75 % of at least 5 comparisons do.

WITH rule AS (
  SELECT 0 AS least_gap, 5 AS least_comparisons, 0.75 AS least_share
),
by_ability AS (
  SELECT side, source_id, model_id, recipe_id, ability, avg(kept) AS kept, min(row_id) AS row_id
  FROM claim_evidence
  WHERE method_id = 'rtn' AND tensor = 'KV' AND kv_bits IN (3, 4) AND ability IS NOT NULL
  GROUP BY ALL
),
split AS (
  SELECT
    side, source_id, model_id, recipe_id, avg(kept) FILTER (ability <> 'long context') AS others,
    avg(kept) FILTER (ability = 'long context') AS long_context,
    min(row_id) FILTER (ability = 'long context') AS row_id
  FROM by_ability
  GROUP BY ALL
)
SELECT
  side, source_id, model_id, recipe_id, 'its other abilities' AS against, others - long_context AS value,
  least_gap AS threshold, others - long_context > least_gap AS holds, row_id, least_comparisons, least_share
FROM split, rule;
