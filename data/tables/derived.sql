-- Tables that are made from files only. A rebuild writes them anew; nothing else may write to them.

CREATE TABLE meta (key VARCHAR PRIMARY KEY, value VARCHAR NOT NULL);

CREATE TABLE paper (
  paper_id VARCHAR PRIMARY KEY, title VARCHAR NOT NULL, authors VARCHAR NOT NULL, year INTEGER NOT NULL,
  arxiv VARCHAR, url VARCHAR
);

CREATE TABLE source (
  source_id VARCHAR PRIMARY KEY, title VARCHAR NOT NULL, paper_id VARCHAR, arxiv VARCHAR, url VARCHAR,
  repository VARCHAR, read_as VARCHAR NOT NULL
);

-- kind: base, chat (any model tuned to follow instructions) or unstated.
CREATE TABLE model (
  model_id VARCHAR PRIMARY KEY, name VARCHAR NOT NULL, family VARCHAR NOT NULL, series VARCHAR NOT NULL,
  params_b DOUBLE, kind VARCHAR NOT NULL, released VARCHAR
);

CREATE TABLE method (
  method_id VARCHAR PRIMARY KEY, title VARCHAR NOT NULL, kind VARCHAR NOT NULL, method_group VARCHAR NOT NULL,
  paper_id VARCHAR, sentence VARCHAR NOT NULL
);

CREATE TABLE dataset (dataset_id VARCHAR PRIMARY KEY, title VARCHAR NOT NULL, url VARCHAR, licence VARCHAR);

-- kind says how kept is computed: accuracy, perplexity, judge or shown-only.
-- role: task; breakdown (part of another task); average (of tasks printed beside it).
-- n is the number of items where it is known; items is the usual size of the data, used for the noise of a baseline.
CREATE TABLE task (
  task_id VARCHAR PRIMARY KEY, title VARCHAR NOT NULL, ability VARCHAR, kind VARCHAR NOT NULL, unit VARCHAR NOT NULL,
  chance DOUBLE, floor DOUBLE, higher_is_better BOOLEAN NOT NULL, n INTEGER, items INTEGER, dataset_id VARCHAR,
  role VARCHAR NOT NULL, shown_because VARCHAR
);

-- Findings of papers that data can decide, in the order of the page. unit is that of the compared value.
CREATE TABLE claim_statement (
  claim_id VARCHAR PRIMARY KEY, place INTEGER NOT NULL, claim_group VARCHAR NOT NULL, title VARCHAR NOT NULL,
  value VARCHAR NOT NULL, unit VARCHAR NOT NULL, board VARCHAR NOT NULL
);

CREATE TABLE claim_paper (
  claim_id VARCHAR NOT NULL, paper_id VARCHAR NOT NULL, locator VARCHAR NOT NULL, says VARCHAR NOT NULL
);

-- Every recipe id that occurs, taken apart. A group of -1 is a whole row, NULL is not stated.
CREATE TABLE recipe (
  recipe_id VARCHAR PRIMARY KEY, method_id VARCHAR NOT NULL, tensor VARCHAR NOT NULL, w_bits DOUBLE, a_bits DOUBLE,
  kv_bits DOUBLE, group_size INTEGER, sparsity DOUBLE, sparsity_pattern VARCHAR, variant VARCHAR, paper_bits DOUBLE
);

-- One printed number a row. own_key is what a baseline of this row's table would share with it;
-- baseline_key is the own_key of the baseline that this row must be compared with.
CREATE TABLE reported (
  row_id VARCHAR PRIMARY KEY, source_id VARCHAR NOT NULL, source_url VARCHAR, arxiv VARCHAR, locator VARCHAR NOT NULL,
  commit_id VARCHAR, model_id VARCHAR NOT NULL, model_label VARCHAR NOT NULL, recipe_id VARCHAR NOT NULL,
  method_id VARCHAR NOT NULL, method_label VARCHAR NOT NULL, tensor VARCHAR NOT NULL, w_bits DOUBLE, a_bits DOUBLE,
  kv_bits DOUBLE, group_size INTEGER, sparsity DOUBLE, sparsity_pattern VARCHAR, bits_per_weight DOUBLE,
  size_bytes DOUBLE, task_id VARCHAR NOT NULL, metric VARCHAR NOT NULL, shots INTEGER, context_length VARCHAR,
  position INTEGER, value DOUBLE NOT NULL, printed VARCHAR NOT NULL, std_error DOUBLE, n INTEGER,
  is_baseline BOOLEAN NOT NULL, own_key VARCHAR NOT NULL, baseline_key VARCHAR NOT NULL, suspect_reason VARCHAR,
  note VARCHAR
);

-- Which file the statistics of a model's tensors were read in, and on what text activations, keys and values were measured.
-- weights is the sha256 over the sha256 of the weight files.
CREATE TABLE tensor_file (
  model_id VARCHAR PRIMARY KEY, owner VARCHAR NOT NULL, file VARCHAR NOT NULL, created_at TIMESTAMP NOT NULL,
  command VARCHAR NOT NULL, code_commit VARCHAR, engine VARCHAR NOT NULL, family VARCHAR NOT NULL,
  params_b DOUBLE NOT NULL, weights VARCHAR NOT NULL, text VARCHAR NOT NULL, text_sha256 VARCHAR NOT NULL,
  samples INTEGER NOT NULL, length INTEGER NOT NULL, seed INTEGER NOT NULL, tokens BIGINT NOT NULL, notes VARCHAR
);

-- One tensor a row: tensor is weight, activation (input of a linear, all tokens pooled), key (after rotation) or value.
-- linear says whose; `*` in its name stands for all experts of a block. kurtosis is NULL where std is 0;
-- channel_kurtosis is the largest of the rows of a weight.
CREATE TABLE tensor_statistic (
  model_id VARCHAR NOT NULL, layer INTEGER NOT NULL, linear VARCHAR NOT NULL, tensor VARCHAR NOT NULL,
  count BIGINT NOT NULL, abs_max DOUBLE NOT NULL, std DOUBLE NOT NULL, kurtosis DOUBLE, channel_kurtosis DOUBLE,
  PRIMARY KEY (model_id, layer, linear, tensor)
);

-- Files of rows that were measured with other tools, by their name without .claim.json; outputs is JSON.
CREATE TABLE claimed_file (
  subject VARCHAR NOT NULL, owner VARCHAR NOT NULL, file VARCHAR PRIMARY KEY, tool VARCHAR NOT NULL, version VARCHAR,
  commit VARCHAR, command VARCHAR, url VARCHAR NOT NULL, date DATE NOT NULL, machine VARCHAR, outputs VARCHAR NOT NULL,
  notes VARCHAR
);

-- Their rows. question is what a row shares with the 16-bit row of its file.
CREATE TABLE claimed (
  subject VARCHAR NOT NULL, question VARCHAR NOT NULL, model VARCHAR NOT NULL, recipe VARCHAR NOT NULL,
  bits_per_weight DOUBLE, size_bytes DOUBLE, task VARCHAR NOT NULL, metric VARCHAR NOT NULL, unit VARCHAR NOT NULL,
  shots INTEGER, context INTEGER, value DOUBLE NOT NULL, std_error DOUBLE, n INTEGER, kept_low DOUBLE, kept_high DOUBLE
);

-- The trust ledger. subject is a run or a file of claimed rows, row_id one of its values (NULL: all); evidence is JSON.
CREATE TABLE trust_record (
  subject VARCHAR NOT NULL, row_id VARCHAR, state VARCHAR NOT NULL, since TIMESTAMP NOT NULL, who VARCHAR NOT NULL,
  reason VARCHAR NOT NULL, evidence VARCHAR, file VARCHAR PRIMARY KEY
);

-- Two recipes of a model by one source (recipe_id before other_id), compared item by item over the n_tasks tasks that both
-- have: the difference of their kept, recipe_id − other_id, and its standard error. Empty until it is filled by
-- ranks.sql, for a connection that asks for ranks.
CREATE TABLE recipe_pair (
  origin VARCHAR NOT NULL, source_id VARCHAR NOT NULL, model_id VARCHAR NOT NULL, recipe_id VARCHAR NOT NULL,
  other_id VARCHAR NOT NULL, ability VARCHAR NOT NULL, difference DOUBLE NOT NULL, std_error DOUBLE NOT NULL, n_tasks INTEGER NOT NULL
);
