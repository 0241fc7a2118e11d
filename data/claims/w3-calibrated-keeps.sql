-- A comparison is one model at 3 bits against the same model at 4 bits by the same method that looks at data (GPTQ, AWQ,
-- SliM-LLM, QuIP and the like; same group, same source), as the mean over the tasks that both have. It holds where the
-- share of right answers falls by less than 5 points of 100. The claim holds where at least 75 % of at least 5
-- comparisons do.

WITH rule AS (
  SELECT 5 AS most_points, 5 AS least_comparisons, 0.75 AS least_share
),
calibrated AS (
  SELECT *
  FROM claim_evidence
  WHERE
    method_group IN ('second-order', 'scaling', 'trained', 'rotation', 'codebook') AND tensor = 'W'
    AND loss_points IS NOT NULL
)
SELECT
  side, source_id, model_id, three.recipe_id, 'its own 4 bits' AS against,
  round(avg(three.loss_points - four.loss_points), 9) AS value, most_points AS threshold,
  round(avg(three.loss_points - four.loss_points), 9) < most_points AS holds, min(three.row_id) AS row_id, least_comparisons,
  least_share
FROM calibrated AS three JOIN calibrated AS four USING (side, source_id, model_id, task_id, method_id), rule
WHERE
  round(three.w_bits) = 3 AND round(four.w_bits) = 4 AND three.group_size IS NOT DISTINCT FROM four.group_size
GROUP BY side, source_id, model_id, three.recipe_id, four.recipe_id, most_points, least_comparisons, least_share;
