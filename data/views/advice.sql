-- The advisor: what a recipe is expected to cost a model, from the best evidence that exists.
--
-- Evidence is a row of `recipe_by_ability` that compresses weights, activations or the cache to known bits (pruned weights
-- are stored dense by most programs, so they save no memory). How near it is to the model (`nearness`):
--
--   1  the same model
--   2  the same release line, such as LLaMA-3, with at most twice or at least half the parameters
--   3  the same family (architecture), of that size
--   4  another family, of that size; only over all abilities
--
-- Models of other sizes say nothing, and models below a tenth of a billion get no advice. Of each recipe only the nearest evidence counts, and of that, kept is the median over
-- sources and models. The interval is the 95 % interval of the one result where there is one, and where it is known; of
-- several results it is the lowest and the highest (`interval` says which). loss = 1 − kept.
--
-- One row a model, ability (`all`: the mean over abilities) and recipe: for each source alone, which has no say about
-- other families; and (source_id = 'every') for all sources of one origin together. These rank numbers of different sources
-- against each other, which the page says.

CREATE VIEW advice AS
WITH factor AS (SELECT 2.0 AS size, 0.1 AS least),
target AS (SELECT model_id, family, series, params_b FROM model CROSS JOIN factor WHERE params_b >= factor.least),
evidence AS (
  SELECT
    origin, source_id, ability, recipe_id, model_id, family, series, params_b, kept, kept_half, n_tasks
  FROM recipe_by_ability
  WHERE
    tensor IN ('W', 'WA') AND w_bits IS NOT NULL OR tensor = 'KV' AND kv_bits IS NOT NULL
    OR tensor = 'W+KV' AND w_bits IS NOT NULL AND kv_bits IS NOT NULL
),
near AS (
  SELECT
    target.model_id,
    CASE
      WHEN evidence.model_id = target.model_id THEN 1
      WHEN evidence.series = target.series THEN 2
      WHEN evidence.family = target.family THEN 3
      ELSE 4
    END AS nearness,
    evidence.* EXCLUDE (model_id, family, series, params_b), evidence.model_id AS evidence_model
  FROM target CROSS JOIN factor JOIN evidence
    ON evidence.model_id = target.model_id
    OR evidence.params_b BETWEEN target.params_b / factor.size AND target.params_b * factor.size
    AND (evidence.family = target.family OR ability = 'all')
),
scoped AS (
  SELECT *, source_id AS scope FROM near WHERE nearness < 4
  UNION ALL
  SELECT *, 'every' AS scope FROM near
),
nearest AS (
  SELECT * FROM scoped
  QUALIFY nearness = min(nearness) OVER (PARTITION BY model_id, origin, scope, ability, recipe_id)
)
SELECT
  model_id, origin, scope AS source_id, ability, recipe_id, any_value(nearness) AS nearness,
  median(kept) AS kept, 1 - median(kept) AS loss,
  CASE WHEN count(*) = 1 THEN 1 - any_value(kept) - any_value(kept_half) ELSE 1 - max(kept) END AS loss_low,
  CASE WHEN count(*) = 1 THEN 1 - any_value(kept) + any_value(kept_half) ELSE 1 - min(kept) END AS loss_high,
  CASE WHEN count(*) > 1 THEN 'range' WHEN any_value(kept_half) IS NOT NULL THEN '95 %' END AS interval,
  count(*)::INTEGER AS n_results, count(DISTINCT source_id)::INTEGER AS n_sources,
  count(DISTINCT evidence_model)::INTEGER AS n_models, max(n_tasks)::INTEGER AS n_tasks,
  min(evidence_model) AS example_model
FROM nearest
GROUP BY model_id, origin, scope, ability, recipe_id
ORDER BY model_id, origin, source_id, ability, recipe_id;
