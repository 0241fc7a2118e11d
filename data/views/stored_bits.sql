-- How many bits a recipe stores for each weight, for the advisor's count of memory. The best that is known (`basis`):
--
--   file      size of the whole compressed file × 8 ÷ parameters, embeddings included (`is_whole`); the median of models
--   printed   true bits per weight of the compressed matrices, as measured or printed
--   counted   the bits of the codes, and per group a scale of 16 bits and a zero of as many bits as a code
--   assumed   the same, where no source says how large its groups are: groups of 128
--
-- Only recipes of models of a tenth of a billion parameters and more: small ones have small matrices and more scales.
-- Bits with a fraction, such as 2.26, are true bits already. A whole row as a group adds next to nothing, and what a code book adds is not stated. NVFP4 has 8 bits a
-- group of 16, MXFP4 8 bits a group of 32, NF4 32 bits a group of 64. Recipes that leave weights alone store 16 bits.

CREATE VIEW stored_bits AS
WITH block AS (
  SELECT * FROM (VALUES ('nvfp4', 8.0 / 16), ('mxfp4', 8.0 / 32), ('nf4', 32.0 / 64), ('qlora', 32.0 / 64))
    AS block (method_id, extra)
),
assumed AS (SELECT 128 AS assumed_group, 16 AS scale_bits, 0.1 AS least_params),
known AS (
  SELECT
    recipe_id, any_value(method_id) AS method_id, any_value(method_group) AS method_group, any_value(tensor) AS tensor, any_value(w_bits) AS w_bits,
    any_value(kv_bits) AS kv_bits, any_value(group_size) AS group_size,
    median(size_bytes * 8 / (params_b * 1e9)) AS file_bits,
    median(bits_per_weight) FILTER (size_bytes IS NULL) AS printed_bits
  FROM recipe_kept CROSS JOIN assumed
  WHERE tensor IN ('W', 'WA', 'KV', 'W+KV') AND params_b >= least_params AND NOT is_baseline
  GROUP BY recipe_id
),
sized AS (
  SELECT
    known.*,
    CASE
      WHEN tensor = 'KV' OR w_bits >= 16 THEN 0
      WHEN block.extra IS NOT NULL THEN block.extra
      WHEN w_bits <> round(w_bits) OR group_size = -1 OR method_id LIKE 'fp%' OR method_group = 'codebook' THEN 0
      ELSE (scale_bits + w_bits) / coalesce(group_size, assumed_group)
    END AS extra
  FROM known CROSS JOIN assumed LEFT JOIN block USING (method_id)
)
SELECT
  recipe_id,
  CASE
    WHEN tensor = 'KV' THEN 16 ELSE coalesce(file_bits, printed_bits, w_bits + extra)
  END AS bits_per_weight,
  tensor <> 'KV' AND file_bits IS NOT NULL AS is_whole,
  CASE
    WHEN tensor = 'KV' THEN 'counted'
    WHEN file_bits IS NOT NULL THEN 'file'
    WHEN printed_bits IS NOT NULL THEN 'printed'
    WHEN group_size IS NULL AND extra > 0 AND method_id NOT IN (SELECT method_id FROM block) THEN 'assumed'
    ELSE 'counted'
  END AS basis,
  coalesce(kv_bits, 16) AS kv_bits
FROM sized
WHERE w_bits IS NOT NULL OR tensor = 'KV'
ORDER BY recipe_id;
