-- Where a recipe stands among the recipes of its model by one source: best_rank to worst_rank, over all abilities (`all`)
-- and in each. Recipes that no test tells apart share ranks. The sources are never mixed.
--
-- Every two recipes are compared over the tasks that both have, and item by item, since both answered the same items. The
-- difference of their kept is the mean over abilities of the mean over tasks, as in `recipe_kept`, or in one ability the
-- mean over its tasks; its standard error comes from the items, to first order, with the uncompressed model's own answers
-- taken along and tasks taken as independent. In one task of right or wrong answers only the items that changed sides
-- count, as in the test of McNemar.
--   z = difference / std_error, p from the normal distribution, both sides
-- Two recipes are separable where p passes Holm's correction over all pairs of the model, source and ability: sorted, the
-- k-th of m must be at most 0.05 / (m − k + 1), and so must all before it. With 95 % probability no two of them that are
-- equal are told apart.
--   best_rank    1 + the number of recipes that are separably better
--   worst_rank   the number of recipes − those that are separably worse
-- Only recipes whose outcomes of every item are published have a rank; for others nothing is known about ties, and
-- they have no row here. n_recipes is how many were ranked, n_tasks the fewest tasks behind a comparison.
--
-- The normal distribution's tail is the Chebyshev fit of Press et al., Numerical Recipes in C (1992), section 6.2, whose
-- relative error is below 1.2e-7 everywhere: far out, p decides about thousands of pairs.

CREATE VIEW recipe_rank AS
WITH tested AS (
  SELECT
    *,
    CASE WHEN std_error > 0 THEN abs(difference) / std_error / sqrt(2) WHEN difference = 0 THEN 0 ELSE 27 END AS x,
    1 / (1 + x / 2) AS t,
    least(1, t * exp(
      -x * x - 1.26551223 + t * (1.00002368 + t * (0.37409196 + t * (0.09678418 + t * (-0.18628806
      + t * (0.27886807 + t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223 + t * 0.17087277))))))))
    )) AS p
  FROM recipe_pair
),
-- The smallest p that fails, by model, source and ability; equal p pass or fail together.
stop AS (
  SELECT
    origin, source_id, model_id, ability, list_filter(sorted, lambda one, k: one > 0.05 / (m - k + 1))[1] AS p_stop
  FROM (
    SELECT origin, source_id, model_id, ability, list(p ORDER BY p) AS sorted, count(*) AS m
    FROM tested
    GROUP BY origin, source_id, model_id, ability
  )
),
decided AS (
  SELECT tested.*, CASE WHEN p < coalesce(p_stop, 2) THEN sign(difference) ELSE 0 END AS side
  FROM tested JOIN stop USING (origin, source_id, model_id, ability)
),
sides AS (
  SELECT origin, source_id, model_id, recipe_id, ability, n_tasks, side FROM decided
  UNION ALL
  SELECT origin, source_id, model_id, other_id, ability, n_tasks, -side FROM decided
)
SELECT
  origin, source_id, model_id, recipe_id, ability, (1 + count(*) FILTER (side < 0))::INTEGER AS best_rank,
  (1 + count(*) FILTER (side <= 0))::INTEGER AS worst_rank, (1 + count(*))::INTEGER AS n_recipes,
  min(n_tasks)::INTEGER AS n_tasks
FROM sides
GROUP BY origin, source_id, model_id, recipe_id, ability
ORDER BY model_id, origin, source_id, ability, best_rank, worst_rank, recipe_id;
