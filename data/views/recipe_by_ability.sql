-- What a recipe keeps of a model, by one source, in each ability and (ability = 'all') over all of them: the rows of the
-- board of recipes. `all` is the mean over abilities of `recipe_kept`.
--
-- nominal_bits groups settings of about one size: weight bits, rounded (2.26 counts as 2, below 1 as 1); bits of the
-- cache where only that is compressed; 16 for pruning; NULL where the source does not say.
-- is_best: the most kept among recipes that compress weights (alone or with activations) at these nominal bits, for this
-- model and ability, over all sources; is_best_of_origin: among those of the same origin; is_best_of_source: of the
-- same source, whose numbers alone were made alike. To keep a lucky single task
-- from winning, a recipe with fewer than two tasks counts only where no other exists. Ties go to more tasks.

CREATE VIEW recipe_by_ability AS
WITH every AS (
  SELECT recipe_kept.*, 'all' AS ability FROM recipe_kept
  UNION ALL BY NAME
  SELECT
    recipe_kept.* REPLACE (
      ability_kept.kept AS kept, 1 - ability_kept.kept AS loss, ability_kept.kept_half AS kept_half,
      ability_kept.n_tasks AS n_tasks, ability_kept.n_values AS n_values, 1 AS n_abilities
    ),
    ability_kept.ability
  FROM recipe_kept JOIN ability_kept USING (origin, source_id, model_id, recipe_id)
),
sized AS (
  SELECT
    *,
    CASE
      WHEN tensor = 'KV' THEN round(kv_bits)
      WHEN w_bits IS NULL AND tensor IN ('W', 'WA', 'W+KV') THEN NULL
      WHEN tensor IN ('W', 'WA', 'W+KV') THEN greatest(1, round(w_bits))
      ELSE 16
    END::INTEGER AS nominal_bits
  FROM every
  WHERE NOT is_baseline
),
candidate AS (
  SELECT *, tensor IN ('W', 'WA') AND coalesce(nominal_bits, 16) < 16 AS may_win FROM sized
)
SELECT
  * EXCLUDE may_win,
  may_win AND row_number() OVER (
    PARTITION BY model_id, ability, nominal_bits, may_win
    ORDER BY n_tasks >= 2 DESC, kept DESC, n_tasks DESC, origin, source_id, recipe_id
  ) = 1 AS is_best,
  may_win AND row_number() OVER (
    PARTITION BY model_id, ability, nominal_bits, may_win, origin
    ORDER BY n_tasks >= 2 DESC, kept DESC, n_tasks DESC, source_id, recipe_id
  ) = 1 AS is_best_of_origin,
  may_win AND row_number() OVER (
    PARTITION BY model_id, ability, nominal_bits, may_win, origin, source_id
    ORDER BY n_tasks >= 2 DESC, kept DESC, n_tasks DESC, recipe_id
  ) = 1 AS is_best_of_source
FROM candidate
ORDER BY model_id, ability, tensor, nominal_bits DESC, kept DESC, origin, source_id, recipe_id;
