-- The heat map: the median of kept over all values of a method at a number of weight bits, with how many values, models
-- and sources stand behind it. Rows of `origin = all` take reported, measured and submitted values together. Weight bits
-- are rounded (2.26 counts as 2); breakdowns, averages and doubtful values are left out. Activations and caches of
-- different bits never share a row (a_bits, kv_bits); where only the cache is compressed, its bits are the nominal ones.
--
-- Papers print one another's numbers. A value that occurs under several sources for the same model, method, bits, group,
-- task, metric and context counts once, for the first source by name.

CREATE VIEW method_by_bits AS
WITH evidence AS (
  SELECT
    * REPLACE (
      CASE WHEN tensor = 'WA' THEN a_bits END AS a_bits,
      CASE WHEN tensor IN ('KV', 'W+KV') THEN kv_bits END AS kv_bits
    ),
    greatest(1, round(CASE tensor WHEN 'KV' THEN kv_bits ELSE w_bits END))::INTEGER AS nominal_bits
  FROM board
  WHERE
    kept IS NOT NULL AND is_primary AND NOT suspect AND NOT is_baseline AND task_role = 'task'
    AND (tensor IN ('W', 'WA', 'W+KV') AND w_bits IS NOT NULL OR tensor = 'KV' AND kv_bits IS NOT NULL)
  QUALIFY source_id = min(source_id) OVER (
    PARTITION BY
      origin, model_id, method_id, tensor, w_bits, a_bits, kv_bits, group_size, task_id, metric, shots,
      context_length, position, value
  )
)
SELECT
  coalesce(origin, 'all') AS origin, method_id, method_title, method_group, tensor, a_bits, kv_bits, nominal_bits, median(kept) AS kept, count(*)::INTEGER AS n_values,
  count(DISTINCT model_id)::INTEGER AS n_models, count(DISTINCT source_id)::INTEGER AS n_sources
FROM evidence
GROUP BY GROUPING SETS (
  (origin, method_id, method_title, method_group, tensor, a_bits, kv_bits, nominal_bits),
  (method_id, method_title, method_group, tensor, a_bits, kv_bits, nominal_bits)
)
ORDER BY origin, method_id, tensor, a_bits DESC NULLS FIRST, kv_bits DESC NULLS FIRST, nominal_bits DESC;
