-- Gaps worth filling: a model and a method that have no value for each other at these bits, though both are well covered
-- there. Weights alone, at 4, 3 and 2 bits; models of a tenth of a billion parameters and more. A gap is worth more the more
-- methods the model has at these bits (`n_methods`: what the new number could be compared with) and the more models the
-- method has (`n_models`: where else the comparison could be made); `worth` is their product. recipe_id is what the method was
-- most often tested as at these bits, among recipes whose settings are all stated; NULL where there is none.

CREATE VIEW coverage_gap AS
WITH constant AS (SELECT 0.1 AS least_params, 3 AS least_methods, 5 AS least_models),
covered AS (SELECT * FROM coverage WHERE tensor = 'W' AND nominal_bits IN (2, 3, 4)),
model_at AS (
  SELECT
    model_id, any_value(model_name) AS model_name, any_value(params_b) AS params_b, nominal_bits,
    count(DISTINCT method_id)::INTEGER AS n_methods
  FROM covered GROUP BY model_id, nominal_bits
),
method_at AS (
  SELECT method_id, any_value(method_title) AS method_title, nominal_bits, count(DISTINCT model_id)::INTEGER AS n_models
  FROM covered GROUP BY method_id, nominal_bits
),
usual AS (
  SELECT method_id, greatest(1, round(w_bits))::INTEGER AS nominal_bits, mode(recipe_id ORDER BY recipe_id) AS recipe_id
  FROM board
  WHERE tensor = 'W' AND w_bits < 16 AND NOT regexp_matches(recipe_id, 'gx|@')
  GROUP BY ALL
)
SELECT model_at.*, method_at.* EXCLUDE (nominal_bits), n_methods * n_models AS worth, recipe_id
FROM model_at JOIN method_at USING (nominal_bits) CROSS JOIN constant LEFT JOIN usual USING (method_id, nominal_bits)
ANTI JOIN covered
  ON covered.model_id = model_at.model_id AND covered.method_id = method_at.method_id
  AND covered.nominal_bits = model_at.nominal_bits
WHERE params_b >= least_params AND n_methods >= least_methods AND n_models >= least_models
ORDER BY worth DESC, params_b, model_id, method_id, nominal_bits DESC;
