-- A comparison is one kind of tensor that rounds well (weights, keys, values): a model against the next smaller one of its
-- line. The value is the mean kurtosis in the bigger model as a multiple of that in the smaller, less 1. It holds where it
-- is below 0: fewer numbers are far out. The claim holds where at least two thirds of at least 3 comparisons do. Only
-- statistics of this project's own models are stored, so only the measured side can tell.

WITH rule AS (
  SELECT 0 AS most_growth, 3 AS least_comparisons, 2 / 3 AS least_share
),
paired AS (
  SELECT
    *, lag(kurtosis_mean) OVER line AS smaller_kurtosis, lag(model_name) OVER line AS smaller,
    lag(params_b) OVER line AS smaller_params_b
  FROM tensor_summary
  WHERE tensor IN ('weight', 'key', 'value')
  WINDOW line AS (PARTITION BY family, coalesce(series, family), tensor ORDER BY params_b, model_id)
)
SELECT
  'measured' AS side, 'bitloss' AS source_id, model_id, format('{}s of {}', tensor, smaller) AS against,
  kurtosis_mean / smaller_kurtosis - 1 AS value, most_growth AS threshold,
  kurtosis_mean / smaller_kurtosis - 1 < most_growth AS holds, least_comparisons, least_share
FROM paired, rule
WHERE params_b > smaller_params_b;
