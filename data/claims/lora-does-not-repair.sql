-- A comparison is one task of LLaMA-3 by one source: 4-bit weights with adapters trained on Alpaca (QLoRA, IR-QLoRA)
-- against the same bits without (NF4). The value is the change in points of 100. It holds where the adapters gain nothing.
-- The claim holds where at least 75 % of at least 5 comparisons do.

WITH rule AS (
  SELECT 0 AS most_gain, 5 AS least_comparisons, 0.75 AS least_share
),
candidate AS (
  SELECT * FROM claim_evidence WHERE series = 'LLaMA-3' AND unit = 'fraction'
)
SELECT
  side, source_id, model_id, tuned.recipe_id, task_id, 'NF4 without adapters' AS against,
  100 * (tuned.value - plain.value) AS value, most_gain AS threshold, tuned.value - plain.value <= most_gain AS holds,
  tuned.row_id, least_comparisons, least_share
FROM candidate AS tuned JOIN candidate AS plain USING (side, source_id, model_id, task_id), rule
WHERE tuned.method_id IN ('qlora', 'ir-qlora') AND plain.method_id = 'nf4';
