-- A comparison is one task at weights of 4 bits or fewer by one recipe and source: LLaMA-3-8B against LLaMA-2-7B. The value
-- is what LLaMA-2-7B keeps more. It holds where LLaMA-3-8B keeps less. The claim holds where at least 75 % of at least 5
-- comparisons do. Where both keep less than 5 %, nothing is left to compare.

WITH rule AS (
  SELECT 0 AS least_gap, 0.05 AS least_kept, 5 AS least_comparisons, 0.75 AS least_share
),
candidate AS (
  SELECT * FROM claim_evidence WHERE tensor = 'W' AND w_bits <= 4
)
SELECT
  side, source_id, three.model_id, recipe_id, task_id, two.model_name AS against, two.kept - three.kept AS value,
  least_gap AS threshold, two.kept - three.kept > least_gap AS holds, three.row_id, least_comparisons, least_share
FROM candidate AS three JOIN candidate AS two USING (side, source_id, recipe_id, task_id), rule
WHERE
  three.model_id = 'llama-3-8b' AND two.model_id = 'llama-2-7b' AND greatest(two.kept, three.kept) >= least_kept;
