-- Matched pairs: a method beside another wherever nothing else differs. Both compress the same model by the same source,
-- against the same 16-bit baseline of the same table, on the same task, metric and context, with the same bits of
-- weights, activations and cache, the same group size and the same sparsity. A group that a source does not state matches
-- only another that the same source does not state. Settings that only one of the two methods has (an order of columns,
-- a variant) are part of the method: its values are averaged over them. Doubtful values, breakdowns and averages of
-- tasks are left out.
--
-- One row is one model with one setting: difference is kept of the method − kept of the other, the mean over the tasks
-- that both have. half is half the width of its 95 % interval, both taken as independent, where all values have one; both
-- answered the same items, so the true interval is narrower. A value is better or worse from 0.005 of the 16-bit model
-- on, else a tie. Every pair is there twice, once from either side.
--
-- Papers print one another's numbers. A pair that occurs under several sources with the same model, setting and
-- difference counts once, for the first source by name.

CREATE VIEW method_pair AS
WITH rule AS (
  SELECT 0.005 AS tie
),
one AS (
  SELECT
    origin, source_id, source_title, baseline_row_id, model_id, model_name, task_id, metric, method_id,
    any_value(method_title) AS method_title, tensor, w_bits, CASE WHEN tensor = 'WA' THEN a_bits END AS a_bits,
    CASE WHEN tensor IN ('KV', 'W+KV') THEN kv_bits END AS kv_bits, group_size, sparsity,
    CASE WHEN sparsity_pattern LIKE '%:%' THEN sparsity_pattern END AS pattern, avg(kept) AS kept,
    CASE WHEN count(kept_high) = count(*) THEN avg((kept_high - kept_low) / 2) END AS half, min(recipe_id) AS recipe_id
  FROM board
  WHERE
    kept IS NOT NULL AND is_primary AND NOT suspect AND NOT is_baseline AND task_role = 'task'
    AND CASE tensor
      WHEN 'prune' THEN sparsity IS NOT NULL OR sparsity_pattern LIKE '%:%'
      WHEN 'KV' THEN kv_bits IS NOT NULL
      ELSE w_bits IS NOT NULL
    END
  GROUP BY
    origin, source_id, source_title, baseline_row_id, model_id, model_name, task_id, metric, method_id, tensor, w_bits,
    a_bits, kv_bits, group_size, sparsity, pattern
),
joined AS (
  SELECT
    one.*, other.method_id AS other_id, other.method_title AS other_title, other.recipe_id AS other_recipe_id,
    other.kept AS other_kept, one.kept - other.kept AS difference, other.half AS other_half
  FROM one
  JOIN one AS other
    ON other.baseline_row_id = one.baseline_row_id
    AND other.origin = one.origin
    AND other.task_id = one.task_id
    AND other.metric = one.metric
    AND other.tensor = one.tensor
    AND other.method_id <> one.method_id
    AND other.w_bits IS NOT DISTINCT FROM one.w_bits
    AND other.a_bits IS NOT DISTINCT FROM one.a_bits
    AND other.kv_bits IS NOT DISTINCT FROM one.kv_bits
    AND other.group_size IS NOT DISTINCT FROM one.group_size
    AND other.sparsity IS NOT DISTINCT FROM one.sparsity
    AND other.pattern IS NOT DISTINCT FROM one.pattern
),
by_task AS (
  SELECT
    origin, source_id, source_title, model_id, model_name, method_id, any_value(method_title) AS method_title, other_id,
    any_value(other_title) AS other_title, tensor, w_bits, a_bits, kv_bits, group_size, sparsity, pattern,
    min(recipe_id) AS recipe_id, min(other_recipe_id) AS other_recipe_id, task_id, avg(kept) AS kept,
    avg(other_kept) AS other_kept, avg(difference) AS difference, count(*) AS n_values,
    CASE
      WHEN count(half + other_half) = count(*) THEN sqrt(sum(half ** 2 + other_half ** 2)) / count(*)
    END AS half,
    count(*) FILTER (difference >= tie) AS n_better, count(*) FILTER (difference <= -tie) AS n_worse
  FROM joined, rule
  GROUP BY ALL
)
SELECT
  origin, source_id, source_title, model_id, model_name, method_id, any_value(method_title) AS method_title, other_id,
  any_value(other_title) AS other_title, tensor, w_bits, a_bits, kv_bits, group_size, sparsity,
  pattern AS sparsity_pattern, min(recipe_id) AS recipe_id, min(other_recipe_id) AS other_recipe_id, avg(kept) AS kept,
  avg(other_kept) AS other_kept, avg(difference) AS difference,
  CASE WHEN count(half) = count(*) THEN sqrt(sum(half ** 2)) / count(*) END AS half,
  count(*)::INTEGER AS n_tasks, sum(n_values)::INTEGER AS n_values, sum(n_better)::INTEGER AS n_better,
  sum(n_worse)::INTEGER AS n_worse
FROM by_task
GROUP BY
  origin, source_id, source_title, model_id, model_name, method_id, other_id, tensor, w_bits, a_bits, kv_bits,
  group_size, sparsity, pattern
QUALIFY source_id = min(source_id) OVER (
  PARTITION BY
    origin, model_id, method_id, other_id, tensor, w_bits, a_bits, kv_bits, group_size, sparsity, pattern,
    round(avg(difference), 9)
)
ORDER BY
  method_id, other_id, origin, model_id, tensor, w_bits DESC NULLS LAST, a_bits DESC NULLS FIRST, kv_bits DESC NULLS FIRST,
  group_size DESC NULLS LAST, sparsity NULLS FIRST, pattern NULLS FIRST, source_id;
