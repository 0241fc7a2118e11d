-- What a recipe keeps of a model in one ability, by one source: the mean of kept over the tasks of the ability, each task
-- the mean of its values. Breakdowns (parts of another task) are left out; a printed average counts only where the source
-- prints nothing else of that ability for the recipe. Doubtful values are left out.
-- kept_half is half the width of the 95 % interval, where every value behind the number has one: tasks are taken as
-- independent, so squares of half widths add up.

CREATE VIEW ability_kept AS
WITH used AS (
  SELECT *
  FROM board
  WHERE kept IS NOT NULL AND is_primary AND NOT suspect AND ability IS NOT NULL AND task_role <> 'breakdown'
  QUALIFY
    task_role = 'task'
    OR count(*) FILTER (task_role = 'task') OVER (PARTITION BY origin, source_id, model_id, recipe_id, ability) = 0
),
by_task AS (
  SELECT
    origin, source_id, model_id, recipe_id, ability, task_id, avg(kept) AS kept, count(*) AS n_values,
    CASE
      WHEN count(kept_high) = count(*) THEN sqrt(sum(((kept_high - kept_low) / 2) ** 2)) / count(*)
    END AS kept_half
  FROM used
  GROUP BY ALL
)
SELECT
  origin, source_id, model_id, recipe_id, ability, avg(kept) AS kept,
  CASE WHEN count(kept_half) = count(*) THEN sqrt(sum(kept_half ** 2)) / count(*) END AS kept_half,
  count(*)::INTEGER AS n_tasks, sum(n_values)::INTEGER AS n_values
FROM by_task
GROUP BY ALL
ORDER BY model_id, recipe_id, origin, source_id, ability;
