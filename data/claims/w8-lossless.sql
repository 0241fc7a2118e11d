-- A comparison is one model at 8-bit weights by one method and source, as the mean over its tasks. It holds where less than
-- 1 % of the 16-bit score is lost. The claim holds where at least 90 % of at least 10 comparisons do.

WITH rule AS (
  SELECT 0.01 AS most_lost, 10 AS least_comparisons, 0.9 AS least_share
)
SELECT
  side, source_id, model_id, recipe_id, round(avg(loss), 9) AS value,
  CASE WHEN count(loss_half) = count(*) THEN round(avg(loss), 9) - sqrt(sum(loss_half ** 2)) / count(*) END AS low,
  CASE WHEN count(loss_half) = count(*) THEN round(avg(loss), 9) + sqrt(sum(loss_half ** 2)) / count(*) END AS high,
  most_lost AS threshold, round(avg(loss), 9) < most_lost AS holds, min(row_id) AS row_id, least_comparisons, least_share
FROM claim_evidence, rule
WHERE tensor = 'W' AND w_bits = 8
GROUP BY side, source_id, model_id, recipe_id, most_lost, least_comparisons, least_share;
