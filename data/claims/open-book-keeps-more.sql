-- A comparison is one recipe of 4 bits or fewer (weights or cache) of one model by one source: what it keeps of
-- questions that a text in front answers, against questions about facts that it must recall, each the mean of its
-- tasks. The value is what the open book keeps more. It holds where that is above 0. The claim holds where at least two
-- thirds of at least 5 comparisons do. Where both keep less than 5 % or at least 99 %, there is nothing to compare.

WITH rule AS (
  SELECT 0 AS least_gain, 0.05 AS least_kept, 0.99 AS most_kept, 5 AS least_comparisons, 2 / 3 AS least_share
),
by_topic AS (
  SELECT
    side, source_id, model_id, recipe_id, avg(kept) FILTER (topic = 'open book') AS open_book,
    avg(kept) FILTER (topic = 'facts') AS facts, min(row_id) FILTER (topic = 'open book') AS row_id
  FROM claim_evidence
  WHERE w_bits <= 4 OR kv_bits <= 4
  GROUP BY ALL
)
SELECT
  side, source_id, model_id, recipe_id, 'facts recalled' AS against, open_book - facts AS value,
  least_gain AS threshold, open_book - facts > least_gain AS holds, row_id, least_comparisons, least_share
FROM by_topic, rule
WHERE greatest(open_book, facts) >= least_kept AND least(open_book, facts) < most_kept;
