-- Whether outliers predict loss: the kurtosis of each kind of tensor (`kurtosis_mean` of `tensor_summary`) beside what the
-- model loses when that kind gets 4 bits by plain rounding (RTN), in measured or submitted runs.
--
--   weight       1 − kept of W4
--   activation   kept of W4A8 − kept of W4A4
--   key, value   1 − kept of KV4
-- So for activations it is what going from 8 to 4 bits adds, over the same tasks and groups; KV4 rounds keys and values
-- together. Where several settings were measured, the smallest groups count. n_tasks stands behind the loss. A kind of
-- tensor that a model lacks, or for which nothing was measured, has no row.
-- n_models and rank_correlation (Spearman: the correlation of ranks; +1 where more kurtosis always means more loss) are
-- those of all models in the same kind of tensor; the correlation is NULL below three models.

CREATE VIEW tensor_sensitivity AS
WITH four AS (
  SELECT
    model_id, origin, source_id, recipe_id, tensor, w_bits, a_bits, kv_bits, n_tasks, kept,
    coalesce(nullif(group_size, -1), 1e9) AS group_order
  FROM recipe_kept
  WHERE method_id = 'rtn' AND origin <> 'reported' AND NOT is_baseline
),
lost AS (
  SELECT model_id, origin, source_id, recipe_id, n_tasks, group_order, 'weight' AS kind, 1 - kept AS loss
  FROM four WHERE tensor = 'W' AND w_bits = 4
  UNION ALL BY NAME
  SELECT
    a4.model_id, a4.origin, a4.source_id, a4.recipe_id, a4.n_tasks, a4.group_order, 'activation' AS kind,
    a8.kept - a4.kept AS loss
  FROM four AS a4
  JOIN four AS a8 USING (model_id, origin, source_id, n_tasks, group_order)
  WHERE a4.tensor = 'WA' AND a8.tensor = 'WA' AND a4.w_bits = 4 AND a8.w_bits = 4 AND a4.a_bits = 4 AND a8.a_bits = 8
  UNION ALL BY NAME
  SELECT model_id, origin, source_id, recipe_id, n_tasks, group_order, unnest(['key', 'value']) AS kind, 1 - kept AS loss
  FROM four WHERE tensor = 'KV' AND kv_bits = 4
),
chosen AS (
  SELECT *
  FROM lost
  QUALIFY row_number() OVER (
    PARTITION BY model_id, kind ORDER BY origin = 'measured' DESC, n_tasks DESC, group_order, source_id, recipe_id
  ) = 1
),
joined AS (
  SELECT
    summary.model_id, summary.model_name, summary.family, summary.params_b, summary.tensor, summary.kurtosis_mean,
    summary.kurtosis_max, summary.peak_max, chosen.recipe_id, chosen.origin, chosen.source_id, chosen.n_tasks, chosen.loss
  FROM tensor_summary AS summary
  JOIN chosen ON chosen.model_id = summary.model_id AND chosen.kind = summary.tensor
  WHERE summary.kurtosis_mean IS NOT NULL
),
ranked AS (
  -- Ties share the mean of their ranks.
  SELECT
    *,
    rank() OVER (PARTITION BY tensor ORDER BY kurtosis_mean)
      + (count(*) OVER (PARTITION BY tensor, kurtosis_mean) - 1) / 2 AS kurtosis_rank,
    rank() OVER (PARTITION BY tensor ORDER BY loss) + (count(*) OVER (PARTITION BY tensor, loss) - 1) / 2 AS loss_rank
  FROM joined
)
SELECT
  * EXCLUDE (kurtosis_rank, loss_rank), count(*) OVER (PARTITION BY tensor)::INTEGER AS n_models,
  CASE
    WHEN count(*) OVER (PARTITION BY tensor) >= 3
      AND min(loss) OVER (PARTITION BY tensor) < max(loss) OVER (PARTITION BY tensor)
      AND min(kurtosis_mean) OVER (PARTITION BY tensor) < max(kurtosis_mean) OVER (PARTITION BY tensor)
    THEN corr(kurtosis_rank, loss_rank) OVER (PARTITION BY tensor)
  END AS rank_correlation
FROM ranked
ORDER BY tensor, model_id;
