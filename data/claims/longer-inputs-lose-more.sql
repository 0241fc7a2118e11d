-- A comparison is one model at one recipe of 4 bits or fewer (weights or cache) by one source, on line retrieval: the
-- longest input against the shortest. The value is what is kept at the shortest less what is kept at the longest. It holds
-- where the longest keeps less. The claim holds where at least 75 % of at least 5 comparisons do. Recipes that keep less
-- than 5 % at both ends are left out: nothing is left to compare.

WITH rule AS (
  SELECT 0 AS least_gap, 0.05 AS least_kept, 5 AS least_comparisons, 0.75 AS least_share
),
-- Lengths are printed as `4k` or `16k`.
by_length AS (
  SELECT
    side, source_id, model_id, recipe_id, task_id, regexp_extract(context_length, '^\d+')::INTEGER AS length, kept, row_id
  FROM claim_value
  WHERE
    ability = 'long context' AND NOT is_baseline AND kept IS NOT NULL AND regexp_matches(context_length, '^\d+k?$')
    AND (w_bits <= 4 OR kv_bits <= 4)
),
ends AS (
  SELECT
    side, source_id, model_id, recipe_id, task_id, arg_min(kept, length) AS shortest, arg_max(kept, length) AS longest,
    arg_max(row_id, length) AS row_id
  FROM by_length
  GROUP BY ALL
  HAVING min(length) < max(length)
)
SELECT
  side, source_id, model_id, recipe_id, task_id, 'its shortest input' AS against, shortest - longest AS value,
  least_gap AS threshold, shortest - longest > least_gap AS holds, row_id, least_comparisons, least_share
FROM ends, rule
WHERE greatest(shortest, longest) >= least_kept;
