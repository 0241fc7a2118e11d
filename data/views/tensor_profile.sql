-- How the numbers in each tensor of a model are spread: one row a weight, input of a linear (activation, all tokens
-- pooled), and keys (after rotation) and values of a layer.
--
--   abs_max    largest absolute value
--   std        √(mean((x − mean)²))
--   kurtosis   mean(((x − mean) / std)⁴)
--   peak       abs_max / std
-- A normal distribution has kurtosis 3; few numbers far out make it large. peak says how many standard deviations the
-- largest is away from 0. channel_kurtosis is the largest kurtosis of the rows of a weight. A tensor whose numbers are
-- all equal has neither kurtosis nor peak. is_extreme marks the highest kurtosis of its kind in its layer.

CREATE VIEW tensor_profile AS
SELECT
  model_id, coalesce(model.name, model_id) AS model_name, tensor_file.family, model.series,
  coalesce(model.params_b, tensor_file.params_b) AS params_b, tensor_file.owner, layer, linear, tensor, count::DOUBLE AS count, abs_max,
  std, kurtosis, channel_kurtosis, CASE WHEN std > 0 THEN abs_max / std END AS peak,
  kurtosis IS NOT NULL AND row_number() OVER (
    PARTITION BY model_id, layer, tensor ORDER BY kurtosis DESC NULLS LAST, linear
  ) = 1 AS is_extreme
FROM tensor_statistic
JOIN tensor_file USING (model_id)
LEFT JOIN model USING (model_id)
ORDER BY model_id, layer, tensor, linear;
