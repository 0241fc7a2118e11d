-- A comparison is one compressed model on one task by one source: with 5 solved examples in front against none. The
-- value is the rise in points of 100. It holds where the score rises. The claim holds where at least 75 % of at least 5
-- comparisons do. Tasks on which the 16-bit model is less than 10 points above chance with the fewer examples are left
-- out (a mapping that only examples tell cannot be answered without them), and so are scores above 95 points, where
-- there is nothing to gain.

WITH rule AS (
  SELECT 0 AS least_rise, 10 AS least_above_chance, 95 AS most_points, 5 AS least_comparisons, 0.75 AS least_share
),
-- The same task with another number of examples differs in its id or in its shots.
by_shots AS (
  SELECT
    side, source_id, model_id, recipe_id, regexp_replace(task_id, '-\d+shot$', '') AS family, shots,
    round(100 * avg(value), 9) AS points, round(100 * avg(baseline - chance), 9) AS above_chance, min(row_id) AS row_id,
    any_value(task_id) AS task_id
  FROM claim_value
  WHERE NOT is_baseline AND is_primary AND unit = 'fraction' AND shots IS NOT NULL AND task_role = 'task'
  GROUP BY ALL
)
SELECT
  side, source_id, model_id, recipe_id, more.task_id, '0 examples' AS against, more.points - fewer.points AS value,
  least_rise AS threshold, more.points - fewer.points > least_rise AS holds, more.row_id, least_comparisons, least_share
FROM by_shots AS more JOIN by_shots AS fewer USING (side, source_id, model_id, recipe_id, family), rule
WHERE
  fewer.shots = 0 AND more.shots = 5 AND fewer.above_chance >= least_above_chance AND fewer.points <= most_points;
