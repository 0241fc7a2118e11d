-- A comparison is one task of recalled facts of one model at 8 bits, weights alone or with activations. It holds where the
-- score loses at least 5 % of its 16-bit value (the paper's own limit for a match). The claim holds where at least half of
-- at least 3 comparisons do.

WITH rule AS (
  SELECT 0.05 AS least_lost, 3 AS least_comparisons, 0.5 AS least_share
)
SELECT
  side, source_id, model_id, recipe_id, task_id, loss AS value, loss - loss_half AS low, loss + loss_half AS high,
  least_lost AS threshold, loss >= least_lost AS holds, row_id, least_comparisons, least_share
FROM claim_evidence, rule
WHERE topic = 'facts' AND tensor IN ('W', 'WA') AND w_bits = 8;
