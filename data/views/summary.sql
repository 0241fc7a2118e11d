-- Counts for the first screen. Failed cells are rows of the board but not results.

CREATE VIEW summary AS
SELECT
  count(*) FILTER (origin = 'reported')::INTEGER AS reported,
  count(*) FILTER (origin = 'measured' AND error_code IS NULL)::INTEGER AS measured,
  count(*) FILTER (origin = 'submitted' AND error_code IS NULL)::INTEGER AS submitted,
  count(*) FILTER (error_code IS NOT NULL)::INTEGER AS failed,
  count(DISTINCT model_id)::INTEGER AS models,
  count(DISTINCT method_id) FILTER (method_id <> 'fp16')::INTEGER AS methods,
  count(DISTINCT task_id)::INTEGER AS tasks,
  count(DISTINCT source_id)::INTEGER AS sources,
  count(*) FILTER (kept IS NOT NULL AND NOT is_baseline)::INTEGER AS with_kept,
  count(*) FILTER (suspect)::INTEGER AS suspect
FROM board;
