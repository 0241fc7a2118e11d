-- A comparison is one model with weights rounded to 3 bits against the same model rounded to 4 bits (RTN, same group, same
-- source), as the mean over the tasks that both have. It holds where the share of right answers falls by more than 10
-- points of 100. The claim holds where at least half of at least 5 comparisons do.

WITH rule AS (
  SELECT 10 AS least_points, 5 AS least_comparisons, 0.5 AS least_share
),
rounded AS (
  SELECT * FROM claim_evidence WHERE method_id = 'rtn' AND tensor = 'W' AND loss_points IS NOT NULL
)
SELECT
  side, source_id, model_id, three.recipe_id, 'its own 4 bits' AS against,
  round(avg(three.loss_points - four.loss_points), 9) AS value, least_points AS threshold,
  round(avg(three.loss_points - four.loss_points), 9) > least_points AS holds, min(three.row_id) AS row_id, least_comparisons,
  least_share
FROM rounded AS three JOIN rounded AS four USING (side, source_id, model_id, task_id), rule
WHERE three.w_bits = 3 AND four.w_bits = 4 AND three.group_size IS NOT DISTINCT FROM four.group_size
GROUP BY side, source_id, model_id, three.recipe_id, four.recipe_id, least_points, least_comparisons, least_share;
