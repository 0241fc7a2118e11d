-- What a recipe keeps of a model, by one source: the mean of `ability_kept` over abilities. loss = 1 − kept.
-- n_values, n_tasks and n_abilities say how much stands behind the number; kept_half is half the width of its 95 %
-- interval, as in `ability_kept`. trust is the least trusted state of the values that count.

CREATE VIEW recipe_kept AS
WITH by_recipe AS (
  SELECT
    origin, source_id, model_id, recipe_id, avg(kept) AS kept, sum(n_tasks)::INTEGER AS n_tasks,
    count(*)::INTEGER AS n_abilities, sum(n_values)::INTEGER AS n_values,
    CASE WHEN count(kept_half) = count(*) THEN sqrt(sum(kept_half ** 2)) / count(*) END AS kept_half
  FROM ability_kept
  GROUP BY ALL
),
-- Columns of the recipe as the source has them; the same for all its values.
recipe_columns AS (
  SELECT
    origin, source_id, model_id, recipe_id, any_value(source_title) AS source_title,
    any_value(model_name) AS model_name, any_value(family) AS family, any_value(series) AS series,
    any_value(params_b) AS params_b, any_value(is_chat) AS is_chat, any_value(method_id) AS method_id,
    any_value(method_title) AS method_title, any_value(method_group) AS method_group, any_value(tensor) AS tensor,
    min(w_bits) AS w_bits, min(a_bits) AS a_bits, min(kv_bits) AS kv_bits, min(group_size) AS group_size,
    min(sparsity) AS sparsity, min(sparsity_pattern) AS sparsity_pattern, min(bits_per_weight) AS bits_per_weight,
    min(bits) AS bits, bool_and(bits_is_nominal) AS bits_is_nominal, min(size_bytes) AS size_bytes,
    bool_or(is_baseline) AS is_baseline,
    ['claimed', 'valid', 'recomputed', 'spot-checked', 'reproduced'][
      min(list_position(['claimed', 'valid', 'recomputed', 'spot-checked', 'reproduced'], trust))
    ] AS trust
  FROM board
  GROUP BY ALL
)
SELECT *, 1 - kept AS loss
FROM by_recipe JOIN recipe_columns USING (origin, source_id, model_id, recipe_id)
ORDER BY model_id, kept DESC, origin, source_id, recipe_id;
