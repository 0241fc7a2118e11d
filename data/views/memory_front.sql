-- What a byte buys: every model and recipe of a source by the bytes of its weights and its score, the uncompressed ones
-- too, so that a large model at few bits meets a small one at many. Raw scores are compared only within a source, and only
-- where one measure is the same for all:
--   tasks        mean over tasks with right answers of (value − chance) / (1 − chance), over all such tasks that the
--                source measured; recipes that lack one are left out. Measured and submitted runs.
--   perplexity   perplexity of WikiText-2 at the context that the source uses most. Reported values.
-- Where a source has several values of a model and recipe, their mean counts. Doubtful values are left out.
--
-- bytes is the stated size where there is one, else bits × parameters / 8: true bits per weight where known, else nominal
-- weight bits (bytes_is_nominal), 16 for the uncompressed model. Only weights are compressed (tensor W).
-- is_front: nothing smaller or equally large is better, and nothing smaller is as good.

CREATE VIEW memory_front AS
WITH usable AS (
  SELECT
    *,
    CASE
      WHEN origin <> 'reported' THEN coalesce(size_bytes, params_b * 1e9 * bits / 8)
      ELSE params_b * 1e9 * coalesce(bits_per_weight, CASE WHEN is_baseline THEN 16 ELSE w_bits END) / 8
    END AS bytes
  FROM board
  WHERE value IS NOT NULL AND NOT suspect AND is_primary AND task_role = 'task' AND (is_baseline OR tensor = 'W')
),
by_task AS (
  SELECT
    origin, source_id, model_id, recipe_id, task_id, avg((value - chance) / (1 - chance)) AS score
  FROM usable
  WHERE origin <> 'reported' AND unit = 'fraction' AND chance IS NOT NULL AND higher_is_better
  GROUP BY ALL
),
by_tasks AS (
  SELECT origin, source_id, model_id, recipe_id, 'tasks' AS measure, avg(score) AS score, count(*)::INTEGER AS n_tasks
  FROM by_task
  GROUP BY origin, source_id, model_id, recipe_id
  QUALIFY count(*) = max(count(*)) OVER (PARTITION BY origin, source_id)
),
context AS (
  SELECT origin, source_id, context_length
  FROM usable
  WHERE origin = 'reported' AND task_id = 'wikitext2'
  GROUP BY origin, source_id, context_length
  QUALIFY row_number() OVER (PARTITION BY origin, source_id ORDER BY count(*) DESC, context_length NULLS LAST) = 1
),
by_perplexity AS (
  SELECT
    usable.origin, usable.source_id, model_id, recipe_id, 'perplexity' AS measure, avg(value) AS score, 1 AS n_tasks
  FROM usable JOIN context
    ON context.origin = usable.origin AND context.source_id = usable.source_id
    AND context.context_length IS NOT DISTINCT FROM usable.context_length
  WHERE task_id = 'wikitext2'
  GROUP BY ALL
),
described AS (
  SELECT
    origin, source_id, model_id, recipe_id, any_value(source_title) AS source_title, any_value(model_name) AS model_name,
    any_value(family) AS family, any_value(series) AS series, any_value(params_b) AS params_b,
    any_value(method_id) AS method_id, any_value(method_title) AS method_title, any_value(method_group) AS method_group,
    min(w_bits) AS w_bits, min(bits) AS bits, min(bytes) AS bytes, bool_and(bits_is_nominal) AS bytes_is_nominal,
    bool_or(is_baseline) AS is_baseline
  FROM usable
  GROUP BY origin, source_id, model_id, recipe_id
),
scored AS (
  SELECT described.*, measure, score, n_tasks, CASE measure WHEN 'perplexity' THEN -score ELSE score END AS merit
  FROM (SELECT * FROM by_tasks UNION ALL BY NAME SELECT * FROM by_perplexity)
  JOIN described USING (origin, source_id, model_id, recipe_id)
  WHERE bytes IS NOT NULL
)
SELECT
  * EXCLUDE (merit),
  merit > coalesce(
    max(merit) OVER (
      PARTITION BY origin, source_id, measure ORDER BY bytes, merit DESC, model_id, recipe_id
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ),
    -1e300
  ) AS is_front
FROM scored
ORDER BY origin, source_id, measure, bytes, merit DESC, model_id, recipe_id;
