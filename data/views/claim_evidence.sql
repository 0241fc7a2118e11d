-- What most claims compare: a recipe of a model on a task by one source, against its own 16-bit model. Where a source
-- has several values of a task (lengths, positions, examples in front, ways of scoring), their mean counts as one, so
-- that a task printed in many parts weighs no more than another. Only tasks with a meaning of kept (see `board`), each
-- in its own unit; breakdowns and averages of other tasks are left out. So are tasks on which the 16-bit model is less
-- than 10 points above chance: where little can be lost, shares of it are noise. Shares and points are decimals of 9
-- digits: a loss of exactly 2 points is not a hair above or below it, and means do not depend on the order of adding
-- up. kept_half and loss_half are half the width of the 95 % interval, where every value behind the number has one.

CREATE VIEW claim_evidence AS
WITH rule AS (
  SELECT 0.1 AS least_above_chance
),
mean AS (
  SELECT
    side, source_id, model_id, model_name, family, series, params_b, is_chat, recipe_id, method_id, method_group, tensor,
    w_bits, a_bits, kv_bits, group_size, sparsity, sparsity_pattern, task_id, ability, topic, unit, chance,
    avg(baseline) AS baseline, avg(value) AS value, avg(kept)::DECIMAL(18, 9) AS kept,
    CASE
      WHEN count(kept_high) = count(*) THEN sqrt(sum(((kept_high - kept_low) / 2) ** 2)) / count(*)
    END AS kept_half,
    count(*)::INTEGER AS n_values, min(row_id) AS row_id
  FROM claim_value
  WHERE kept IS NOT NULL AND is_primary AND NOT is_baseline AND task_role = 'task'
  GROUP BY ALL
)
SELECT
  *,
  (CASE unit WHEN 'perplexity' THEN 1 - kept ELSE 1 - value / baseline END)::DECIMAL(18, 9) AS loss,
  CASE unit
    WHEN 'perplexity' THEN kept_half
    WHEN 'fraction' THEN kept_half * (baseline - chance) / baseline
  END AS loss_half,
  CASE WHEN unit = 'fraction' THEN (100 * (baseline - value))::DECIMAL(18, 9) END AS loss_points
FROM mean, rule
WHERE unit <> 'fraction' OR baseline - chance >= least_above_chance;
