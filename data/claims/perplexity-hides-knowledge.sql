-- A comparison is one recipe of one model by one source whose perplexity looks almost whole: it keeps at least 90 %.
-- What is kept of language modelling is set against what is kept of knowledge, each the mean of its tasks. The value is
-- what language modelling keeps more. It holds where knowledge keeps less. The claim holds where at least two thirds of
-- at least 5 comparisons do. Where both keep at least 99 %, there is nothing to compare.

WITH rule AS (
  SELECT 0 AS least_gap, 0.9 AS least_perplexity_kept, 0.99 AS most_kept, 5 AS least_comparisons, 2 / 3 AS least_share
),
by_ability AS (
  SELECT
    side, source_id, model_id, recipe_id, avg(kept) FILTER (ability = 'language modelling') AS language,
    avg(kept) FILTER (ability = 'knowledge') AS knowledge, min(row_id) FILTER (ability = 'knowledge') AS row_id
  FROM claim_evidence
  GROUP BY ALL
)
SELECT
  side, source_id, model_id, recipe_id, 'language modelling' AS against, language - knowledge AS value,
  least_gap AS threshold, language - knowledge > least_gap AS holds, row_id, least_comparisons, least_share
FROM by_ability, rule
WHERE language >= least_perplexity_kept AND least(language, knowledge) < most_kept;
