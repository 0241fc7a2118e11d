-- The verdict on each claim, for reported and for measured comparisons apart.
--
--   not enough data   fewer comparisons than the claim's rule asks for
--   holds             it holds in at least the share of comparisons that the rule asks for
--   fails             it does not
--
-- Each comparison counts the same, whoever made it; n_sure_holds and n_sure_fails count those that hold or fail beyond
-- their 95 % interval. median, lowest and highest are of the compared value.

CREATE VIEW claim AS
WITH side AS (
  SELECT unnest(['reported', 'measured']) AS side
),
counted AS (
  SELECT
    claim_id, side, count(*)::INTEGER AS n, count(*) FILTER (holds)::INTEGER AS n_holds,
    count(*) FILTER (holds AND is_sure)::INTEGER AS n_sure_holds,
    count(*) FILTER (NOT holds AND is_sure)::INTEGER AS n_sure_fails, median(value) AS median, min(value) AS lowest,
    max(value) AS highest, count(DISTINCT model_id)::INTEGER AS n_models,
    count(DISTINCT source_id)::INTEGER AS n_sources, any_value(least_comparisons) AS least_comparisons,
    any_value(least_share) AS least_share
  FROM claim_comparison
  GROUP BY ALL
)
SELECT
  claim_id, statement.title, statement.value AS value_means, statement.unit, side,
  CASE
    WHEN n IS NULL OR n < least_comparisons THEN 'not enough data'
    WHEN n_holds / n >= least_share THEN 'holds'
    ELSE 'fails'
  END AS verdict,
  coalesce(n, 0) AS n, coalesce(n_holds, 0) AS n_holds, n_holds / n AS share, coalesce(n_sure_holds, 0) AS n_sure_holds,
  coalesce(n_sure_fails, 0) AS n_sure_fails, median, lowest, highest, coalesce(n_models, 0) AS n_models,
  coalesce(n_sources, 0) AS n_sources, least_comparisons, least_share
FROM claim_statement AS statement CROSS JOIN side LEFT JOIN counted USING (claim_id, side)
ORDER BY statement.place, side DESC;
