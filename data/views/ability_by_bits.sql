-- Which ability goes first: for a method and a number of weight bits, what is kept in each ability, as the mean over
-- models (of a model the mean over its sources). Only weights are compressed (tensor W); where a source has several
-- settings for the same bits, the one with the smallest groups counts. low and high are the 95 % interval of the mean over
-- models (1.96 standard errors), where there are three models or more. `ability = all` is the mean over abilities.

CREATE VIEW ability_by_bits AS
WITH chosen AS (
  SELECT *
  FROM recipe_by_ability
  WHERE tensor = 'W' AND nominal_bits < 16
  QUALIFY row_number() OVER (
    PARTITION BY origin, source_id, model_id, method_id, ability, nominal_bits
    ORDER BY coalesce(nullif(group_size, -1), 1e9), recipe_id
  ) = 1
),
by_model AS (
  SELECT
    origin, model_id, method_id, any_value(method_title) AS method_title, any_value(method_group) AS method_group,
    ability, nominal_bits, avg(kept) AS kept, sum(n_tasks) AS n_tasks
  FROM chosen
  GROUP BY origin, model_id, method_id, ability, nominal_bits
),
total AS (
  SELECT
    origin, method_id, any_value(method_title) AS method_title, any_value(method_group) AS method_group, ability,
    nominal_bits, avg(kept) AS kept, 1.96 * stddev_samp(kept) / sqrt(count(*)) AS half, count(*)::INTEGER AS n_models
  FROM by_model
  GROUP BY origin, method_id, ability, nominal_bits
)
SELECT
  * EXCLUDE (half),
  CASE WHEN n_models >= 3 THEN greatest(0, kept - half) END AS low,
  CASE WHEN n_models >= 3 THEN kept + half END AS high
FROM total
ORDER BY origin, method_id, nominal_bits DESC, ability;
