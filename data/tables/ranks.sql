-- How far two recipes of a model are apart, item by item: fills `recipe_pair`, which the view recipe_rank tests. Runs for
-- a connection whose other views are computed.

-- The columns whose sums make a metric: value = Σ sum_name / Σ per_name, to the power of e for a perplexity. Items count
-- one each where per_name is NULL.
CREATE TEMP TABLE metric_part AS
SELECT * FROM (
  VALUES
    ('acc', 'acc', NULL), ('acc_norm', 'acc_norm', NULL), ('acc_before', 'acc_before', NULL),
    ('exact_match', 'exact_match', NULL), ('instructions_followed', 'followed', NULL),
    ('answerable_acc', 'acc', 'answerable'), ('steps_right', 'steps_right', 'steps'),
    ('facts_first', 'first_right', 'first_facts'), ('facts_second', 'second_right', 'second_facts'),
    ('facts_kept', 'facts_kept', 'facts'), ('perplexity', 'nll_nats', 'tokens'),
    ('word_perplexity', 'nll_nats', 'words')
) AS part (metric, sum_name, per_name);

-- Columns of the Parquet files beside runs; recipe_id is NULL where all recipes of a run have the same.
CREATE TEMP TABLE item_outcome (
  run_id VARCHAR, task_id VARCHAR, name VARCHAR, recipe_id VARCHAR, outcomes FLOAT[]
);

-- Outcomes are read here.
-- The values that count in `ability_kept` and have outcomes.
CREATE TEMP TABLE stated AS
SELECT
  origin, source_id, model_id, recipe_id, run_id, ability, task_id, metric, unit, value, kept, n, baseline_row_id,
  CASE unit WHEN 'fraction' THEN chance END AS chance
FROM board
WHERE
  run_id IN (SELECT run_id FROM item_outcome) AND kept IS NOT NULL AND is_primary AND NOT suspect AND NOT is_baseline
  AND ability IS NOT NULL AND task_role = 'task' AND unit IN ('fraction', 'perplexity');

-- Numerators s and denominators p, [items] each, and their ratio r.
CREATE TEMP TABLE term AS
WITH every AS (
  SELECT
    top.run_id, top.task_id, part.metric, top.recipe_id, top.outcomes AS s,
    CASE
      WHEN per_name IS NULL THEN list_transform(top.outcomes, lambda x: 1::FLOAT)
      ELSE coalesce(own.outcomes, shared.outcomes)
    END AS p
  FROM metric_part AS part
  JOIN item_outcome AS top ON top.name = part.sum_name AND top.recipe_id IS NOT NULL
  LEFT JOIN item_outcome AS own
    ON own.name = per_name AND own.run_id = top.run_id AND own.task_id = top.task_id AND own.recipe_id = top.recipe_id
  LEFT JOIN item_outcome AS shared
    ON shared.name = per_name AND shared.run_id = top.run_id AND shared.task_id = top.task_id
    AND shared.recipe_id IS NULL
  SEMI JOIN stated ON stated.run_id = top.run_id AND stated.task_id = top.task_id AND stated.metric = part.metric
)
SELECT *, list_sum(p) AS total, list_sum(s) / total AS r FROM every WHERE len(p) = len(s);

-- What each item adds to kept, to first order. An item moves r by (s − r · p) / Σ p. With the same for the uncompressed
-- model, marked 0, and chance c, kept moves by
--   (move − kept · move0) / (r0 − c)   for a share, whose kept is (r − c) / (r0 − c)
--   kept · (move0 − move)              for a perplexity, whose kept is e to the power of r0 − r
-- Outcomes count only where they are those of the stated value: as many, and the same metric but for rounding.
CREATE TEMP TABLE effect AS
-- Numbers of a row are columns before they meet its items: a lambda works out again what it is given as an expression.
WITH factor AS (
  SELECT
    stated.*, term.r, zero.r AS r0, list_zip(term.s, term.p, zero.s, zero.p) AS items,
    CASE unit WHEN 'perplexity' THEN -kept ELSE 1 / (zero.r - chance) END / term.total AS own,
    CASE unit WHEN 'perplexity' THEN -kept ELSE (term.r - chance) / (zero.r - chance) ** 2 END / zero.total AS base
  FROM stated
  JOIN term USING (run_id, task_id, metric, recipe_id)
  JOIN term AS zero
    ON zero.recipe_id = 'fp16' AND zero.run_id = term.run_id AND zero.task_id = term.task_id
    AND zero.metric = term.metric AND len(zero.s) = len(term.s)
  WHERE
    len(term.s) = n
    AND abs(CASE unit WHEN 'perplexity' THEN exp(term.r) ELSE term.r END - value) <= 0.001 * greatest(value, 0.001)
)
SELECT
  * EXCLUDE (items),
  list_transform(
    items, lambda x: (own * (x[1] - r * x[2]) - base * (x[3] - r0 * x[4]))::FLOAT
  ) AS effects
FROM factor;

-- Metrics of one task are over the same items: their effects are averaged item by item. Two recipes share a task where
-- they have the same metrics of it against the same 16-bit values.
CREATE TEMP TABLE task_effect AS
SELECT
  origin, source_id, model_id, recipe_id, ability, task_id, string_agg(baseline_row_id, ' ' ORDER BY metric) AS bench,
  avg(kept) AS kept,
  list_reduce(
    list(effects ORDER BY metric),
    lambda x, y: list_transform(list_zip(x, y), lambda pair: (pair[1] + pair[2])::FLOAT)
  ) AS effects,
  count(*) AS n_metrics
FROM effect
GROUP BY ALL;

INSERT INTO recipe_pair
WITH task_pair AS (
  SELECT
    a.origin, a.source_id, a.model_id, a.recipe_id, b.recipe_id AS other_id, a.ability, a.kept - b.kept AS difference,
    (list_distance(a.effects, b.effects) / a.n_metrics) ** 2 * len(a.effects) / (len(a.effects) - 1) AS variance
  FROM task_effect AS a
  JOIN task_effect AS b USING (origin, source_id, model_id, task_id, bench)
  WHERE a.recipe_id < b.recipe_id AND len(a.effects) = len(b.effects) AND len(a.effects) > 1
),
ability_pair AS MATERIALIZED (
  SELECT
    origin, source_id, model_id, recipe_id, other_id, ability, avg(difference) AS difference,
    sum(variance) / count(*) ** 2 AS variance, count(*) AS n_tasks
  FROM task_pair
  GROUP BY origin, source_id, model_id, recipe_id, other_id, ability
)
SELECT * REPLACE (round(difference, 9) AS difference, round(sqrt(variance), 9) AS variance) FROM ability_pair
UNION ALL
SELECT
  origin, source_id, model_id, recipe_id, other_id, 'all', round(avg(difference), 9),
  round(sqrt(sum(variance)) / count(*), 9), sum(n_tasks)
FROM ability_pair
GROUP BY origin, source_id, model_id, recipe_id, other_id;
