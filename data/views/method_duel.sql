-- A method against another over all matched pairs (see `method_pair`): how often it keeps more, as much, or less.
--
-- A pair is won or lost from 0.005 of the 16-bit model on, else a tie. difference is the mean over models of the mean over
-- a model's pairs, so that a model that was measured in many settings weighs no more than another. low and high are
-- the 95 % interval of that mean over models (1.96 standard errors), where there are five models or more: it says how
-- far the difference holds for other models like these. Rows of `origin = all` take all origins together.

CREATE VIEW method_duel AS
WITH rule AS (
  SELECT 0.005 AS tie, 5 AS least_models
),
pair AS (
  SELECT method_pair.*, unnest([origin, 'all']) AS side FROM method_pair
),
by_model AS (
  SELECT
    side, method_id, any_value(method_title) AS method_title, other_id, any_value(other_title) AS other_title, model_id,
    avg(difference) AS difference, count(*) AS n_pairs, sum(n_values) AS n_values,
    count(*) FILTER (difference >= tie) AS n_wins, count(*) FILTER (difference <= -tie) AS n_losses
  FROM pair, rule
  GROUP BY side, method_id, other_id, model_id
),
total AS (
  SELECT
    side AS origin, method_id, any_value(method_title) AS method_title, other_id, any_value(other_title) AS other_title,
    avg(difference) AS difference, 1.96 * stddev_samp(difference) / sqrt(count(*)) AS half,
    count(*)::INTEGER AS n_models, sum(n_pairs)::INTEGER AS n_pairs, sum(n_values)::INTEGER AS n_values,
    sum(n_wins)::INTEGER AS n_wins, sum(n_losses)::INTEGER AS n_losses
  FROM by_model
  GROUP BY side, method_id, other_id
)
SELECT
  total.* EXCLUDE (half), n_pairs - n_wins - n_losses AS n_ties,
  CASE WHEN n_models >= least_models THEN difference - half END AS low,
  CASE WHEN n_models >= least_models THEN difference + half END AS high
FROM total, rule
ORDER BY origin, method_id, n_pairs DESC, other_id;
