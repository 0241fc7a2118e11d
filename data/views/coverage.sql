-- What is covered: one row a model, method, kind of compression and number of nominal bits that has any value, doubtful ones
-- and failed cells among them; how many values are reported, measured and submitted, on how many tasks. Bits are those of
-- `recipe_by_ability`: of weights, rounded; of the cache where only that is compressed. Pruned and 16-bit models are left out.

CREATE VIEW coverage AS
SELECT
  model_id, any_value(model_name) AS model_name, any_value(family) AS family, any_value(params_b) AS params_b, method_id,
  any_value(method_title) AS method_title, tensor,
  greatest(1, round(CASE tensor WHEN 'KV' THEN kv_bits ELSE w_bits END))::INTEGER AS nominal_bits,
  count(*) FILTER (origin = 'reported')::INTEGER AS reported,
  count(*) FILTER (origin = 'measured' AND error_code IS NULL)::INTEGER AS measured,
  count(*) FILTER (origin = 'submitted' AND error_code IS NULL)::INTEGER AS submitted,
  count(*) FILTER (error_code IS NOT NULL)::INTEGER AS failed,
  count(DISTINCT task_id)::INTEGER AS n_tasks, count(DISTINCT source_id)::INTEGER AS n_sources
FROM board
WHERE
  NOT is_baseline
  AND (tensor IN ('W', 'WA', 'W+KV') AND w_bits < 16 OR tensor = 'KV' AND kv_bits < 16)
GROUP BY model_id, method_id, tensor, nominal_bits
ORDER BY model_id, method_id, tensor, nominal_bits DESC;
