-- The curves: for a model, an ability (or `all`), a method and a number of weight bits, the median over sources and
-- settings of what is kept, with the lowest and the highest. Only weights are compressed (tensor W), so that one thing
-- varies. Where a single recipe stands behind a point, its 95 % interval goes with it.

CREATE VIEW curve AS
SELECT
  origin, model_id, model_name, params_b, ability, method_id, method_title, method_group, nominal_bits,
  median(kept) AS kept, min(kept) AS kept_lowest, max(kept) AS kept_highest,
  CASE WHEN count(*) = 1 THEN any_value(kept_half) END AS kept_half,
  count(*)::INTEGER AS n_recipes, count(DISTINCT source_id)::INTEGER AS n_sources, sum(n_tasks)::INTEGER AS n_tasks
FROM recipe_by_ability
WHERE tensor = 'W' AND nominal_bits < 16
GROUP BY ALL
ORDER BY model_id, ability, origin, method_id, nominal_bits DESC;
