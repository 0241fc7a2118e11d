-- The board: one row per stored value, with its 16-bit baseline, its loss and the share of the model it keeps.
--
-- The baseline of a value is the 16-bit value with the same key (see `score`): same source, same table, same model under
-- the same label, same task, metric, shots and context; base and chat models never meet. A value with no such baseline
-- gets no kept ("no baseline"), nor does one with two different ones ("two baselines").
--
-- kept, by the unit of the value, with chance c of the task and lowest judge score f:
--   fraction     (value − c) / (baseline − c)
--   perplexity   baseline / value, the share of probability kept per token
--   score        (value − f) / (baseline − f)
-- Tasks for which none of these means anything (and other units, such as rates of something unwanted) are "shown as is". A baseline that is not above chance by two standard
-- errors has nothing to lose. A kept below 0 is shown as 0 and marked "below chance"; above 1 it is shown as it is.
-- A doubtful baseline ("suspect baseline") gives no kept; a doubtful value keeps its mark and its kept.
--
-- The interval of kept is the paired bootstrap of the run where there is one; else, where both standard errors are known,
-- 1.96 standard errors of the ratio, with value and baseline taken as independent. Both answered the same items, so the
-- true interval is narrower.
--
-- value_low and value_high: the score as it is, ± 1.96 of its standard errors where one is known; a share stays within 0 and
-- 1. Where all n items or none are right there is no spread to measure: there the inner end is that of Wilson's interval,
-- n / (n + 1.96²) or 1.96² / (n + 1.96²).
-- loss_points: accuracy in points of 100; perplexity as difference (value − baseline); judge in points of its scale.
-- is_primary: the value is in the unit of its task; another unit (the perplexity of LAMBADA) does not count in means.
-- bits: true bits per weight where known, else nominal weight bits (bits_is_nominal); 16 where weights are not touched.

CREATE VIEW board AS
WITH baseline AS (
  SELECT
    own_key,
    arg_min(row_id, row_id) AS baseline_row_id,
    arg_min(value, row_id) AS baseline_value,
    arg_min(std_error, row_id) AS baseline_std_error,
    bool_or(suspect_reason IS NOT NULL) AS is_suspect,
    count(DISTINCT value) > 1 AS is_ambiguous
  FROM score
  WHERE is_baseline AND value IS NOT NULL
  GROUP BY own_key
),
joined AS (
  SELECT
    score.*,
    task.title AS task_title,
    task.ability,
    task.kind,
    task.role,
    score.unit = task.unit AS is_primary,
    task.higher_is_better,
    task.chance,
    CASE WHEN score.is_baseline THEN score.row_id ELSE baseline.baseline_row_id END AS base_row_id,
    CASE WHEN score.is_baseline THEN score.value ELSE baseline.baseline_value END AS base_value,
    coalesce(
      baseline.baseline_std_error,
      CASE WHEN score.unit = 'fraction' THEN sqrt(base_value * (1 - base_value) / task.items) END,
      0
    ) AS base_noise,
    baseline.baseline_std_error,
    CASE WHEN score.is_baseline THEN score.suspect_reason IS NOT NULL ELSE baseline.is_suspect END AS base_is_suspect,
    NOT score.is_baseline AND baseline.is_ambiguous AS base_is_ambiguous,
    -- The value of a model of which nothing is left; NULL where there is none.
    CASE score.unit WHEN 'fraction' THEN task.chance WHEN 'score' THEN task.floor END AS nothing,
    task.kind <> 'shown-only' AND (score.unit = 'perplexity' OR nothing IS NOT NULL) AS has_kept
  FROM score
  LEFT JOIN task USING (task_id)
  LEFT JOIN baseline ON baseline.own_key = score.baseline_key
),
noted AS (
  SELECT
    *,
    CASE
      WHEN error_code IS NOT NULL THEN 'failed'
      WHEN has_kept IS NOT TRUE THEN 'shown as is'
      WHEN base_value IS NULL THEN 'no baseline'
      WHEN base_is_ambiguous THEN 'two baselines'
      WHEN base_is_suspect THEN 'suspect baseline'
      WHEN base_value <= nothing + 2 * base_noise THEN 'nothing to lose'
      WHEN value < nothing THEN 'below chance'
    END AS kept_note
  FROM joined
),
kept AS (
  SELECT
    *,
    CASE
      WHEN kept_note = 'below chance' THEN 0
      WHEN kept_note IS NOT NULL THEN NULL
      WHEN unit = 'perplexity' THEN base_value / value
      ELSE (value - nothing) / (base_value - nothing)
    END AS kept,
    CASE
      WHEN unit = 'perplexity'
        THEN base_value / value * sqrt((std_error / value) ** 2 + (baseline_std_error / base_value) ** 2)
      ELSE
        sqrt(std_error ** 2 + ((value - nothing) / (base_value - nothing) * baseline_std_error) ** 2)
        / (base_value - nothing)
    END AS kept_std_error
  FROM noted
)
SELECT
  row_id,
  origin,
  source_id,
  source_title,
  source_url,
  arxiv,
  run_id,
  locator,
  commit,
  kept.model_id,
  coalesce(model.name, kept.model_id) AS model_name,
  model_label,
  kept.family,
  model.series,
  kept.params_b,
  CASE model.kind WHEN 'base' THEN false WHEN 'chat' THEN true END AS is_chat,
  recipe_id,
  kept.method_id,
  method.title AS method_title,
  method_label,
  method.method_group,
  tensor,
  w_bits,
  a_bits,
  kv_bits,
  group_size,
  sparsity,
  sparsity_pattern,
  bits_per_weight,
  coalesce(bits_per_weight, w_bits, CASE WHEN tensor IN ('none', 'KV', 'prune') THEN 16 END) AS bits,
  bits_per_weight IS NULL AS bits_is_nominal,
  size_bytes,
  task_id,
  coalesce(task_title, task_id) AS task_title,
  ability,
  role AS task_role,
  metric,
  unit,
  is_primary,
  CASE WHEN unit IN ('perplexity', 'rate') THEN false ELSE higher_is_better END AS higher_is_better,
  chance,
  shots,
  context_length,
  position,
  value,
  printed,
  std_error,
  CASE
    WHEN unit = 'fraction' AND value = 1 THEN n / (n + 1.96 ** 2)
    WHEN unit = 'fraction' THEN greatest(0, value - 1.96 * std_error)
    ELSE value - 1.96 * std_error
  END AS value_low,
  CASE
    WHEN unit = 'fraction' AND value = 0 THEN 1.96 ** 2 / (n + 1.96 ** 2)
    WHEN unit = 'fraction' THEN least(1, value + 1.96 * std_error)
    ELSE value + 1.96 * std_error
  END AS value_high,
  n,
  is_baseline,
  base_row_id AS baseline_row_id,
  CASE WHEN NOT base_is_ambiguous THEN base_value END AS baseline_value,
  CASE
    WHEN base_is_ambiguous OR base_is_suspect THEN NULL
    WHEN unit = 'fraction' AND higher_is_better THEN 100 * (base_value - value)
    WHEN unit = 'perplexity' AND has_kept THEN value - base_value
    WHEN unit = 'score' AND has_kept THEN base_value - value
  END AS loss_points,
  kept,
  CASE
    WHEN kept IS NULL OR is_baseline THEN NULL
    WHEN paired_low IS NOT NULL THEN paired_low
    WHEN kept_std_error IS NOT NULL THEN greatest(0, kept - 1.96 * kept_std_error)
  END AS kept_low,
  CASE
    WHEN kept IS NULL OR is_baseline THEN NULL
    WHEN paired_low IS NOT NULL THEN paired_high
    WHEN kept_std_error IS NOT NULL THEN kept + 1.96 * kept_std_error
  END AS kept_high,
  kept_note,
  trust,
  suspect_reason IS NOT NULL AS suspect,
  suspect_reason,
  note,
  error_code,
  error_message,
  cell_key,
  wall_ms,
  command
FROM kept
LEFT JOIN model USING (model_id)
LEFT JOIN method ON method.method_id = kept.method_id
ORDER BY row_id;
