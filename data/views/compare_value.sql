-- What a comparison puts side by side: the values of `ability_kept`, by task and protocol (metric, shots, context and
-- position), and those of the 16-bit models. A source that has several such values has their mean here, as `ability_kept`
-- has. Two recipes are compared over what both have, and only there: task by task, then the mean over the protocols of
-- a task, the tasks of an ability, the abilities.
--
--   difference   kept of one − kept of the other
-- Its 95 % interval, by what is known:
--   paired        right and wrong answers of both on the same items. With n items, b that only the other got right and c
--                 that only the one did, √(b + c + 1 − (c − b)² / (n + 2)) / (n + 2) is the standard error of
--                 (c − b) / (n + 2), as half an item more in every cell gives it (Agresti and Min 2005); both are divided by
--                 baseline − chance.
--   against 16 bit  the interval of kept itself, which the run took from the same items.
--   independent   √(half² + half²) of the two intervals of kept. Where both answered the same items it is too wide.
-- Means over tasks take these as independent, so squares of half widths add up.

CREATE VIEW compare_value AS
WITH used AS (
  SELECT *
  FROM board
  WHERE kept IS NOT NULL AND is_primary AND NOT suspect AND ability IS NOT NULL AND task_role <> 'breakdown'
  QUALIFY
    task_role = 'task'
    OR count(*) FILTER (task_role = 'task') OVER (PARTITION BY origin, source_id, model_id, recipe_id, ability) = 0
)
SELECT
  origin, source_id, model_id, recipe_id, is_baseline, ability, task_id, any_value(task_title) AS task_title, metric, unit, shots,
  context_length, position, any_value(CASE WHEN unit = 'fraction' THEN chance END) AS chance,
  avg(value) AS value, avg(baseline_value) AS baseline, avg(kept) AS kept,
  CASE
    WHEN count(*) = 1 THEN min(kept_low)
    WHEN count(kept_high) = count(*) THEN avg(kept) - sqrt(sum(((kept_high - kept_low) / 2) ** 2)) / count(*)
  END AS kept_low,
  CASE
    WHEN count(*) = 1 THEN min(kept_high)
    WHEN count(kept_high) = count(*) THEN avg(kept) + sqrt(sum(((kept_high - kept_low) / 2) ** 2)) / count(*)
  END AS kept_high,
  CASE WHEN count(*) = 1 THEN min(n) END AS n, CASE WHEN count(*) = 1 THEN min(run_id) END AS run_id,
  CASE WHEN count(*) = 1 THEN min(row_id) END AS row_id
FROM used
GROUP BY
  origin, source_id, model_id, recipe_id, is_baseline, ability, task_id, metric, unit, shots, context_length, position
ORDER BY model_id, source_id, recipe_id, ability, task_id, metric, shots, context_length, position;
