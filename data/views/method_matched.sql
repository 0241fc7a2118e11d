-- A method beside the plain one of its kind, wherever nothing else differs: the same source, table, model, task, metric and
-- context (that is, the same 16-bit baseline), the same nominal bits of weights, activations and cache, the same sparsity.
-- Plain is rounding to nearest (rtn), and removing the smallest weights (magnitude) where weights are pruned. Rounding ends at
-- 2 bits, of which one is a sign: methods of fewer are set beside it at 2, and plain_nominal_bits says so. Values of
-- several groups or settings are averaged first, on either side. Doubtful values, breakdowns and averages are left out.
--
-- kept and plain_kept are means over pairs. A pair is a tie where the two differ by less than 0.005 of the 16-bit model.
-- bits is the mean of true bits per weight where known, else of nominal ones. Rows of `origin = all` take all together.

CREATE VIEW method_matched AS
WITH limits AS (SELECT 2 AS least_plain_bits),
one AS (
  SELECT
    origin, baseline_row_id, model_id, task_id, metric, tensor, method_id, any_value(method_title) AS method_title,
    any_value(method_group) AS method_group,
    greatest(1, round(coalesce(w_bits, CASE WHEN tensor = 'KV' THEN kv_bits ELSE 16 END)))::INTEGER AS nominal_bits,
    CASE WHEN tensor = 'WA' THEN a_bits END AS a_bits,
    CASE WHEN tensor IN ('KV', 'W+KV') THEN kv_bits END AS kv_bits,
    sparsity, CASE WHEN sparsity_pattern LIKE '%:%' THEN sparsity_pattern END AS pattern, avg(kept) AS kept,
    avg(bits) AS bits
  FROM board
  WHERE
    kept IS NOT NULL AND is_primary AND NOT suspect AND NOT is_baseline AND task_role = 'task'
    AND (tensor = 'prune' OR (tensor = 'KV' AND kv_bits IS NOT NULL) OR w_bits IS NOT NULL)
  GROUP BY
    origin, baseline_row_id, model_id, task_id, metric, tensor, method_id, nominal_bits, a_bits, kv_bits, sparsity, pattern
),
pair AS (
  SELECT
    one.*, plain.nominal_bits AS plain_nominal_bits, plain.kept AS plain_kept,
    plain.bits AS plain_bits, plain.method_id AS plain_id, plain.method_title AS plain_title
  FROM one CROSS JOIN limits
  JOIN one AS plain
    ON plain.method_id = CASE WHEN one.tensor = 'prune' THEN 'magnitude' ELSE 'rtn' END
    AND plain.method_id <> one.method_id
    AND plain.origin = one.origin
    AND plain.baseline_row_id = one.baseline_row_id
    AND plain.task_id = one.task_id
    AND plain.metric = one.metric
    AND plain.tensor = one.tensor
    AND plain.nominal_bits = greatest(one.nominal_bits, least_plain_bits)
    AND plain.a_bits IS NOT DISTINCT FROM one.a_bits
    AND plain.kv_bits IS NOT DISTINCT FROM one.kv_bits
    AND plain.sparsity IS NOT DISTINCT FROM one.sparsity
    AND plain.pattern IS NOT DISTINCT FROM one.pattern
)
SELECT
  coalesce(origin, 'all') AS origin, method_id, any_value(method_title) AS method_title,
  any_value(method_group) AS method_group, plain_id, any_value(plain_title) AS plain_title, tensor, nominal_bits,
  any_value(plain_nominal_bits) AS plain_nominal_bits, a_bits, kv_bits, sparsity, pattern AS sparsity_pattern, avg(kept) AS kept, avg(plain_kept) AS plain_kept, avg(bits) AS bits,
  avg(plain_bits) AS plain_bits, count(*)::INTEGER AS n_pairs, count(DISTINCT model_id)::INTEGER AS n_models,
  count(*) FILTER (WHERE kept - plain_kept >= 0.005)::INTEGER AS n_better,
  count(*) FILTER (WHERE kept - plain_kept <= -0.005)::INTEGER AS n_worse
FROM pair
GROUP BY GROUPING SETS (
  (origin, method_id, plain_id, tensor, nominal_bits, a_bits, kv_bits, sparsity, pattern),
  (method_id, plain_id, tensor, nominal_bits, a_bits, kv_bits, sparsity, pattern)
)
ORDER BY
  origin, method_id, tensor, nominal_bits DESC, a_bits DESC NULLS FIRST, kv_bits DESC NULLS FIRST, sparsity NULLS FIRST,
  pattern NULLS FIRST;
