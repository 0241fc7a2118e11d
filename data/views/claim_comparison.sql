-- Every comparison behind every claim: one number, the threshold it is held against, and whether the claim holds in it.
-- The statements are those of `data/claims`, one a claim, each with its rule in prose above it.
--
-- value is what the claim speaks of, in the unit of the claim; low and high are its 95 % interval where one is known.
-- They are rounded to 9 digits, so that no digit depends on the order of adding up.
-- is_sure: the whole interval lies on one side of the threshold, so that chance does not decide this comparison.
-- least_comparisons and least_share are the claim's rule for a verdict, see `claim`.
-- Papers print one another's numbers. A comparison that occurs under several sources with the same model, bits, task and
-- value counts once, for the first source by name.

CREATE VIEW claim_comparison AS
WITH claim_value AS MATERIALIZED (SELECT * FROM main.claim_value),
claim_evidence AS MATERIALIZED (SELECT * FROM main.claim_evidence),
statement AS (
  SELECT
    NULL::VARCHAR AS claim_id, NULL::VARCHAR AS side, NULL::VARCHAR AS source_id, NULL::VARCHAR AS model_id,
    NULL::VARCHAR AS recipe_id, NULL::VARCHAR AS task_id, NULL::VARCHAR AS against, NULL::DOUBLE AS value,
    NULL::DOUBLE AS low, NULL::DOUBLE AS high, NULL::DOUBLE AS threshold, NULL::BOOLEAN AS holds,
    NULL::VARCHAR AS row_id, NULL::INTEGER AS least_comparisons, NULL::DOUBLE AS least_share
  WHERE false
  /* CLAIMS */
)
SELECT
  statement.* EXCLUDE (holds, row_id, least_comparisons, least_share)
    REPLACE (round(value, 9) AS value, round(low, 9) AS low, round(high, 9) AS high),
  holds,
  coalesce(threshold NOT BETWEEN low AND high, false) AS is_sure, row_id, least_comparisons, least_share
FROM statement LEFT JOIN recipe USING (recipe_id)
WHERE value IS NOT NULL
QUALIFY
  source_id = min(source_id) OVER (
    PARTITION BY
      claim_id, side, model_id, task_id, against, recipe.method_id, w_bits, a_bits, kv_bits, sparsity, sparsity_pattern,
      round(value, 9)
  )
ORDER BY claim_id, side, holds, value, source_id, model_id, recipe_id, task_id, against, low, high, row_id;
