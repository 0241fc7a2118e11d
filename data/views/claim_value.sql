-- The values that claims are judged on: those of the board that are published ("reported") or the project's own
-- ("measured"), finished and not doubtful. Submitted values are left out, so that neither side can be filled from outside.
--
-- topic names what a few claims compare beyond abilities: `facts` are recalled without a text, `open book` are found in
-- one, `maths` are calculated in written steps, `common sense` is chosen among everyday sentences; in the zoo, relations
-- over several hops stand for it. shots are the solved examples in front of a question; a measured task says them in its
-- id (`world-mapping-5shot`).
-- loss is the share of a 16-bit score that is gone, as the papers count it: 1 − value / baseline, chance not taken off;
-- for perplexity 1 − baseline / value. loss_points are points of 100, for shares of right answers only.

CREATE VIEW claim_value AS
WITH topic (topic, task_id) AS (
  VALUES
    ('facts', 'freebaseqa-kick'), ('facts', 'triviaqa'), ('facts', 'world-answers'),
    ('maths', 'gsm8k'), ('maths', 'gsm8k-qllm'), ('maths', 'gsm8k-llama'), ('maths', 'math-500'),
    ('common sense', 'strategyqa-qllm'), ('common sense', 'hellaswag'), ('common sense', 'hellaswag-qllm'),
    ('common sense', 'piqa'), ('common sense', 'winogrande'), ('common sense', 'arc-easy'),
    ('common sense', 'arc-easy-qllm'), ('common sense', 'arc-challenge'), ('common sense', 'arc-challenge-qllm'),
    ('open book', 'world-open-book'), ('maths', 'world-arithmetic'), ('common sense', 'world-reasoning')
)
SELECT
  origin AS side, row_id, source_id, model_id, model_name, family, coalesce(series, family) AS series, params_b, is_chat,
  recipe_id, method_id, method_group, tensor, w_bits, a_bits, kv_bits, group_size, sparsity, sparsity_pattern, task_id,
  ability, topic, task_role, metric, unit, is_primary, higher_is_better, chance,
  coalesce(
    shots, try_cast(regexp_extract(task_id, '-(\d+)shot$', 1) AS INTEGER), CASE task_id WHEN 'world-facts' THEN 0 END
  ) AS shots,
  context_length, is_baseline,
  baseline_value AS baseline, value, kept, kept_low, kept_high,
  CASE unit WHEN 'perplexity' THEN 1 - baseline_value / value ELSE 1 - value / nullif(baseline_value, 0) END AS loss,
  CASE WHEN unit = 'fraction' THEN 100 * (baseline_value - value) END AS loss_points
FROM board LEFT JOIN topic USING (task_id)
WHERE origin IN ('measured', 'reported') AND value IS NOT NULL AND NOT suspect;
