-- How loss depends on the size of a model: for each model, method and number of weight bits, the median over sources and
-- settings of what a recipe loses. Only weights are compressed (tensor W), so that one thing varies.

CREATE VIEW loss_by_size AS
SELECT
  origin, model_id, model_name, family, series, params_b, is_chat, method_id, method_title, method_group,
  greatest(1, round(w_bits))::INTEGER AS nominal_bits, median(loss) AS loss, median(kept) AS kept,
  count(*)::INTEGER AS n_recipes, sum(n_tasks)::INTEGER AS n_tasks
FROM recipe_kept
WHERE tensor = 'W' AND w_bits IS NOT NULL AND params_b IS NOT NULL AND NOT is_baseline
GROUP BY ALL
ORDER BY method_id, nominal_bits DESC, params_b, model_id, origin;
