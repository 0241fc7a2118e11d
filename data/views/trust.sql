-- How far a result can be trusted, and since when: the history of every run and of every file of claimed rows, one row a
-- state. `is_current` marks the state that counts: the latest. Where `row_id` is not NULL, the record is about that one
-- value, and counts for it instead of what is said about the whole.
--
-- Every history begins without a record (`step` 0), by what can be known from the files:
--   claimed       measured with other tools; nothing here can compute it again
--   valid         a run in the form of this project: complete manifest, known model, task and recipe, 16-bit rows in the same run
--   recomputed    besides, every score was computed again from the outcomes of its items, which lie beside the run. The checks
--                 refuse a run file whose scores do not come out, so every published run with outcomes begins here
-- Records of the ledger (`data/trust/`) lead further:
--   spot-checked  random items were measured again and agree within the noise of the engines
--   reproduced    the whole run, or the one value, was measured again from its manifest and agrees within that noise
--   disputed      there is a reasoned doubt that is not settled: shown with its reason, left out of means
--   withdrawn     its author or the project took it back: shown with its reason, left out of means, for good
-- Reported values, which are copied from publications, are no part of the ledger.

CREATE VIEW trust AS
WITH run AS (
  SELECT *, 'local' AS place FROM local_run
  UNION ALL BY NAME
  SELECT *, 'file' AS place FROM file_run
  WHERE run_id NOT IN (SELECT run_id FROM local_run)
),
outcomes AS (SELECT DISTINCT run_id FROM file_cell WHERE items IS NOT NULL),
step AS (
  SELECT
    run_id AS subject,
    NULL AS row_id,
    CASE WHEN run_id IN (SELECT run_id FROM outcomes) THEN 'recomputed' ELSE 'valid' END AS state,
    created_at AS since,
    'checks' AS who,
    CASE
      WHEN run_id IN (SELECT run_id FROM outcomes)
        THEN 'Every score comes out again from the outcomes of its items.'
      ELSE 'The run has the form of this project; its scores were not computed again yet.'
    END AS reason,
    NULL AS evidence,
    NULL AS file,
    0 AS recorded
  FROM run
  UNION ALL
  SELECT
    subject, NULL, 'claimed', date::TIMESTAMP, owner, concat('Measured by ', owner, ' with ', tool, '.'), NULL, file, 0
  FROM claimed_file
  UNION ALL
  SELECT subject, row_id, state, since, who, reason, evidence, file, 1 FROM trust_record
)
SELECT
  subject,
  row_id,
  (row_number() OVER (PARTITION BY subject, row_id ORDER BY recorded, since, file) - 1
    + CASE WHEN row_id IS NULL THEN 0 ELSE 1 END)::INTEGER AS step,
  state,
  since,
  who,
  reason,
  evidence,
  CASE WHEN recorded = 1 THEN file END AS file,
  row_number() OVER (PARTITION BY subject, row_id ORDER BY recorded DESC, since DESC, file DESC) = 1 AS is_current
FROM step
ORDER BY subject, row_id NULLS FIRST, step;
