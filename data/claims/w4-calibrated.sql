-- A comparison is one model at about 4-bit weights by a method that looks at data (second-order, scaling, trained,
-- rotation, codebook), as the mean over at least 3 tasks with right and wrong answers. It holds where that mean falls by
-- at most 2 points of 100. The paper says "any calibrated method": the claim holds where at least 80 % of at least 5
-- comparisons do.

WITH rule AS (
  SELECT 2 AS most_points, 3 AS least_tasks, 5 AS least_comparisons, 0.8 AS least_share
)
SELECT
  side, source_id, model_id, recipe_id, round(avg(loss_points), 9) AS value, most_points AS threshold,
  round(avg(loss_points), 9) <= most_points AS holds, min(row_id) AS row_id, least_comparisons, least_share
FROM claim_evidence, rule
WHERE
  method_group IN ('second-order', 'scaling', 'trained', 'rotation', 'codebook') AND tensor = 'W' AND round(w_bits) = 4
  AND loss_points IS NOT NULL
GROUP BY side, source_id, model_id, recipe_id, most_points, least_tasks, least_comparisons, least_share
HAVING count(*) >= least_tasks;
