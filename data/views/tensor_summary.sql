-- Statistics of a model's tensors, kind by kind: means and maxima of `tensor_profile` over all layers and linears, each
-- tensor counted once, however many numbers it holds. worst_layer and worst_linear say where the highest kurtosis is.

CREATE VIEW tensor_summary AS
SELECT
  model_id, model_name, family, series, params_b, tensor, count(*)::INTEGER AS n_tensors,
  count(DISTINCT layer)::INTEGER AS n_layers, avg(abs_max) AS abs_max_mean, max(abs_max) AS abs_max_max,
  avg(std) AS std_mean, max(std) AS std_max, avg(kurtosis) AS kurtosis_mean, max(kurtosis) AS kurtosis_max,
  avg(peak) AS peak_mean, max(peak) AS peak_max, max(channel_kurtosis) AS channel_kurtosis_max,
  arg_max(layer, kurtosis) AS worst_layer, arg_max(linear, kurtosis) AS worst_linear
FROM tensor_profile
GROUP BY model_id, model_name, family, series, params_b, tensor
ORDER BY model_id, tensor;
