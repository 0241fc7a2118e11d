-- The best recipe for a model at each number of weight bits, over all sources. Candidates compress weights (alone or with
-- activations). Nominal bits are rounded: 2.26 counts as 2, 3.5 as 4. To keep a lucky single task from winning, a
-- candidate with kept from fewer than two tasks counts only where no other exists. Ties go to more tasks.

CREATE VIEW best_at_bits AS
SELECT
  model_id, model_name, family, series, params_b, is_chat, greatest(1, round(w_bits))::INTEGER AS nominal_bits, origin,
  source_id, source_title, recipe_id, method_id, method_title, method_group, tensor, w_bits, a_bits, kv_bits,
  group_size, bits_per_weight, kept, loss, n_tasks, n_abilities
FROM recipe_kept
WHERE tensor IN ('W', 'WA') AND w_bits IS NOT NULL AND NOT is_baseline
QUALIFY row_number() OVER (
  PARTITION BY model_id, nominal_bits
  ORDER BY n_tasks >= 2 DESC, kept DESC, n_tasks DESC, origin, source_id, recipe_id
) = 1
ORDER BY model_id, nominal_bits DESC;
