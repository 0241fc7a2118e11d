-- Every stored value in one shape, whoever made it.
--
-- Reported values come from the table `reported`. Measured values come from run files and from what the pipeline stored
-- on this machine. A cell that was measured more than once by the same owner counts once: a run of this machine wins
-- over a published run file, then a newer run over an older one. Runs under results/bitloss and on this machine are the project's own
-- ("measured"); those of anyone else are "submitted" and are kept apart, so that a repetition stays visible.
--
-- Claimed values come from files of rows that others measured with other tools; they are "submitted" too. How far a value is
-- trusted is its state in `trust`; one that is disputed or withdrawn is doubtful.
--
-- own_key is what a 16-bit value shares with the values that may be compared with it, and baseline_key is the own_key
-- that a value looks for. A reported value's keys hold its source, table, model label, task, metric, shots, context and
-- position. A measured value's keys hold its owner, the model with the hash of its weights, the engine with its version, the
-- seed, the task with version and settings, and the metric. A claimed value's keys hold its file, model, task,
-- metric, unit, shots and context.

CREATE VIEW score AS
WITH run AS (
  SELECT *, 0 AS place FROM local_run
  UNION ALL BY NAME
  SELECT *, 1 AS place FROM file_run
),
cell AS (
  SELECT *, 0 AS place FROM local_cell
  UNION ALL BY NAME
  SELECT *, 1 AS place FROM file_cell
),
metric AS (
  SELECT *, 0 AS place FROM local_metric
  UNION ALL BY NAME
  SELECT *, 1 AS place FROM file_metric
),
newest AS (
  SELECT
    cell.*, run.command, run.code_commit, run.engine, run.seed, run.file,
    CASE WHEN run.owner IN ('local', 'bitloss') THEN 'measured' ELSE 'submitted' END AS origin,
    CASE WHEN run.owner = 'local' THEN 'bitloss' ELSE run.owner END AS owner
  FROM cell JOIN run USING (run_id, place)
  QUALIFY row_number() OVER (
    PARTITION BY origin, CASE WHEN run.owner = 'local' THEN 'bitloss' ELSE run.owner END, cell_key
    ORDER BY run.owner = 'local' DESC, run.created_at DESC, place, run_id
  ) = 1
),
measured AS (
  SELECT
    newest.*, metric.metric, metric.unit AS metric_unit, metric.value, metric.std_error, metric.n,
    metric.kept_low, metric.kept_high,
    concat_ws(
      '|', newest.origin, newest.owner, newest.model_id, newest.weights, newest.engine, newest.seed, newest.task_id,
      newest.task_version, newest.settings, metric.metric
    ) AS key
  FROM newest LEFT JOIN metric USING (run_id, cell_key, place)
),
-- Values under canonical recipe ids.
stored AS (
  SELECT
    left(sha256(concat_ws('|', owner, cell_key, coalesce(metric, ''))), 16) AS row_id,
    origin,
    owner AS source_id,
    CASE WHEN owner = 'bitloss' THEN 'Bitloss' ELSE owner END AS source_title,
    run_id,
    run_id AS subject,
    coalesce(file, run_id) AS locator,
    code_commit AS commit,
    model_id,
    family,
    params_b,
    recipe_id,
    bits_per_weight,
    size_bytes,
    task_id,
    metric,
    metric_unit AS unit,
    json_extract_string(settings, '$.window') AS context_length,
    value,
    std_error,
    n,
    kept_low AS paired_low,
    kept_high AS paired_high,
    key AS own_key,
    notes AS note,
    error_code,
    error_message,
    cell_key,
    wall_ms,
    command
  FROM measured
  UNION ALL BY NAME
  SELECT
    left(sha256(concat_ws('|', owner, subject, recipe, question)), 16) AS row_id,
    'submitted' AS origin,
    owner AS source_id,
    owner AS source_title,
    url AS source_url,
    subject,
    file AS locator,
    commit,
    model AS model_id,
    recipe AS recipe_id,
    bits_per_weight,
    size_bytes,
    task AS task_id,
    metric,
    unit,
    shots,
    context::VARCHAR AS context_length,
    value,
    std_error,
    n,
    kept_low AS paired_low,
    kept_high AS paired_high,
    concat_ws('|', 'claimed', owner, subject, question) AS own_key,
    concat_ws(' ', concat(concat_ws(' ', 'Measured with', tool, version), '.'), notes) AS note,
    command
  FROM claimed JOIN claimed_file USING (subject)
),
current AS MATERIALIZED (SELECT subject, row_id, state, reason FROM trust WHERE is_current),
scored AS (
  SELECT
    reported.row_id,
    'reported' AS origin,
    reported.source_id,
    source.title AS source_title,
    reported.source_url,
    reported.arxiv,
    reported.locator,
    reported.commit_id AS commit,
    reported.model_id,
    reported.model_label,
    model.family,
    model.params_b,
    reported.recipe_id,
    reported.method_id,
    reported.method_label,
    reported.tensor,
    reported.w_bits,
    reported.a_bits,
    reported.kv_bits,
    reported.group_size,
    reported.sparsity,
    reported.sparsity_pattern,
    coalesce(
      reported.bits_per_weight,
      CASE WHEN NOT reported.is_baseline THEN reported.size_bytes * 8 / (model.params_b * 1e9) END
    ) AS bits_per_weight,
    reported.size_bytes,
    reported.task_id,
    reported.metric,
    task.unit,
    reported.shots,
    reported.context_length,
    reported.position,
    reported.value,
    reported.printed,
    coalesce(
      reported.std_error,
      CASE WHEN task.kind = 'accuracy' THEN sqrt(reported.value * (1 - reported.value) / reported.n) END
    ) AS std_error,
    reported.n,
    reported.is_baseline,
    reported.own_key,
    reported.baseline_key,
    reported.suspect_reason,
    reported.note
  FROM reported
  JOIN source USING (source_id)
  JOIN model USING (model_id)
  JOIN task USING (task_id)
  UNION ALL BY NAME
  SELECT
    stored.* REPLACE (
      coalesce(model.family, stored.family) AS family,
      coalesce(model.params_b, stored.params_b) AS params_b,
      coalesce(stored.unit, task.unit) AS unit
    ),
    model_id AS model_label,
    recipe.method_id,
    recipe.method_id AS method_label,
    recipe.tensor,
    recipe.w_bits,
    recipe.a_bits,
    recipe.kv_bits,
    recipe.group_size,
    recipe.sparsity,
    recipe.sparsity_pattern,
    recipe_id = 'fp16' AS is_baseline,
    stored.own_key AS baseline_key
  FROM stored
  LEFT JOIN recipe USING (recipe_id)
  LEFT JOIN model USING (model_id)
  LEFT JOIN task USING (task_id)
)
SELECT
  scored.* EXCLUDE (subject, suspect_reason),
  CASE WHEN whole.state = 'withdrawn' THEN whole.state ELSE coalesce(one.state, whole.state) END AS trust,
  CASE
    WHEN whole.state = 'withdrawn' OR one.state IS NULL AND whole.state = 'disputed'
      THEN concat(whole.state, ': ', whole.reason)
    WHEN one.state IN ('disputed', 'withdrawn') THEN concat(one.state, ': ', one.reason)
    ELSE scored.suspect_reason
  END AS suspect_reason
FROM scored
LEFT JOIN current AS whole ON whole.row_id IS NULL AND whole.subject = scored.subject
LEFT JOIN current AS one ON one.row_id = scored.row_id AND one.subject = scored.subject;
