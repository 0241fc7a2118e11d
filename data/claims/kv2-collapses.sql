-- A comparison is one model with the cache of keys and values rounded to 2 bits, as the mean of what is kept over its
-- tasks with right and wrong answers. Chance is taken off, so 0 is guessing. It holds where less than 20 % is kept. The
-- claim holds where at least 90 % of at least 5 comparisons do.

WITH rule AS (
  SELECT 0.2 AS most_kept, 5 AS least_comparisons, 0.9 AS least_share
)
SELECT
  side, source_id, model_id, recipe_id, round(avg(kept), 9) AS value,
  CASE WHEN count(kept_half) = count(*) THEN avg(kept) - sqrt(sum(kept_half ** 2)) / count(*) END AS low,
  CASE WHEN count(kept_half) = count(*) THEN avg(kept) + sqrt(sum(kept_half ** 2)) / count(*) END AS high,
  most_kept AS threshold, round(avg(kept), 9) < most_kept AS holds, min(row_id) AS row_id, least_comparisons, least_share
FROM claim_evidence, rule
WHERE method_id = 'rtn' AND tensor = 'KV' AND kv_bits = 2 AND unit = 'fraction'
GROUP BY side, source_id, model_id, recipe_id, most_kept, least_comparisons, least_share;
