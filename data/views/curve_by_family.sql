-- The curves, family by family: for a method and a number of weight bits, the mean of kept over the models of a family,
-- over all abilities. Only weights are compressed (tensor W); where a source has several settings for the same bits, the
-- one with the smallest groups counts. kept_half is half the width of the 95 % interval, where every value behind the
-- number has one: models are taken as independent, so squares of half widths add up.

CREATE VIEW curve_by_family AS
WITH chosen AS (
  SELECT *
  FROM recipe_by_ability
  WHERE tensor = 'W' AND nominal_bits < 16 AND ability = 'all'
  QUALIFY row_number() OVER (
    PARTITION BY origin, source_id, model_id, method_id, nominal_bits
    ORDER BY coalesce(nullif(group_size, -1), 1e9), recipe_id
  ) = 1
)
SELECT
  origin, family, method_id, any_value(method_title) AS method_title, any_value(method_group) AS method_group,
  nominal_bits, avg(kept) AS kept,
  CASE WHEN count(kept_half) = count(*) THEN sqrt(sum(kept_half ** 2)) / count(*) END AS kept_half,
  count(DISTINCT model_id)::INTEGER AS n_models, count(*)::INTEGER AS n_recipes
FROM chosen
GROUP BY origin, family, method_id, nominal_bits
ORDER BY origin, family, method_id, nominal_bits DESC;
