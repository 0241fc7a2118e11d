/** Questions that the SQL page starts from: each stands there with its statement and its answer, and runs as it is. */

/** How a result is drawn: `x` are the categories of bars, the steps of lines, the horizontal place of points. */
export interface ChartChoice {
  readonly form: 'bars' | 'lines' | 'points';
  readonly x: string;
  readonly y: string;
  /** Column that tells colours and shapes apart. */
  readonly by: string | null;
}

export interface Example {
  /** Permanent: links hold it. */
  readonly id: string;
  readonly title: string;
  /** What the answer means, and what it does not. */
  readonly about: string;
  readonly sql: string;
  readonly chart?: ChartChoice;
}

export const EXAMPLES: readonly Example[] = [
  {
    id: 'methods-at-3-bits',
    title: 'Which methods keep the most of a model at 3 bits?',
    about:
      'The median over recipes that compress weights alone. Models differ from method to method, so a small lead says little.',
    sql: `SELECT method_title, round(100 * median(kept), 1) AS kept_percent, count(DISTINCT model_id) AS models
FROM recipes
WHERE ability = 'all' AND nominal_bits = 3 AND tensor = 'W'
GROUP BY ALL
HAVING models >= 3
ORDER BY kept_percent DESC;`,
    chart: { form: 'bars', x: 'method_title', y: 'kept_percent', by: null },
  },
  {
    id: 'curve-of-a-model',
    title: 'Where does Llama-2-7B fall off the cliff?',
    about: 'What each method keeps at each number of bits, over all abilities. Put another model_id in.',
    sql: `SELECT nominal_bits, method_title, round(100 * max(kept), 1) AS kept_percent
FROM curves
WHERE model_id = 'llama-2-7b' AND ability = 'all' AND method_id IN ('rtn', 'gptq', 'awq', 'omniquant')
GROUP BY ALL
ORDER BY nominal_bits DESC, method_title;`,
    chart: { form: 'lines', x: 'nominal_bits', y: 'kept_percent', by: 'method_title' },
  },
  {
    id: 'size-and-loss',
    title: 'Do larger models lose less at 3 bits?',
    about:
      'Plain rounding of weights, one point a model and source. The sizes are in billions of parameters.',
    sql: `SELECT model_name, params_b, family, round(100 * loss, 1) AS lost_percent, source_title
FROM recipes
WHERE ability = 'all' AND method_id = 'rtn' AND tensor = 'W' AND nominal_bits = 3 AND params_b IS NOT NULL
ORDER BY params_b;`,
    chart: { form: 'points', x: 'params_b', y: 'lost_percent', by: null },
  },
  {
    id: 'abilities-by-bits',
    title: 'Which abilities break first?',
    about: 'The median kept by ability, a column a number of bits, weights alone. Empty: nobody has looked.',
    sql: `PIVOT (
  SELECT ability, nominal_bits, kept FROM recipes
  WHERE ability <> 'all' AND tensor = 'W' AND nominal_bits IN (8, 4, 3, 2)
)
ON nominal_bits IN (8, 4, 3, 2)
USING round(100 * median(kept), 1)
ORDER BY ability;`,
  },
  {
    id: 'gptq-against-rtn',
    title: 'How often does GPTQ beat plain rounding?',
    about:
      'Pairs from one source in which nothing differs but the method. The Claims page asks this in more detail.',
    sql: `SELECT w_bits AS weight_bits, count(*) AS pairs,
  count(*) FILTER (g.kept > r.kept) AS gptq_keeps_more,
  round(100 * median(g.kept - r.kept), 1) AS median_difference_percent
FROM results AS g
JOIN results AS r USING (source_id, model_id, task_id, metric, tensor, w_bits, group_size, shots, context_length)
WHERE g.method_id = 'gptq' AND r.method_id = 'rtn' AND g.tensor = 'W'
  AND g.is_primary AND r.is_primary AND NOT g.suspect AND NOT r.suspect
GROUP BY weight_bits
ORDER BY weight_bits DESC;`,
    chart: { form: 'bars', x: 'weight_bits', y: 'median_difference_percent', by: null },
  },
  {
    id: 'sources-disagree',
    title: 'Where do sources disagree most?',
    about:
      'One model, recipe and task, read in several sources. Protocols differ even then; the sources are named.',
    sql: `SELECT model_name, recipe_id, task_title, count(DISTINCT source_id) AS sources,
  round(100 * (max(kept) - min(kept)), 1) AS spread_percent,
  arg_max(source_title, kept) AS highest, arg_min(source_title, kept) AS lowest
FROM results
WHERE kept IS NOT NULL AND NOT is_baseline AND is_primary AND NOT suspect
GROUP BY ALL
HAVING sources >= 2
ORDER BY spread_percent DESC
LIMIT 50;`,
  },
  {
    id: 'fits-in-8-gb',
    title: 'What keeps the most and has weights below 8 GB?',
    about:
      'Weights only, from parameters and bits; the cache and the activations come on top (the true bits where known).',
    sql: `SELECT model_id, recipe_id, source_title, n_tasks,
  round(params_b * coalesce(bits_per_weight, w_bits) / 8, 1) AS weights_gb, round(100 * kept, 1) AS kept_percent
FROM recipes
WHERE ability = 'all' AND params_b >= 7 AND tensor = 'W' AND n_tasks >= 3
  AND params_b * coalesce(bits_per_weight, w_bits) / 8 < 8
ORDER BY params_b DESC, kept_percent DESC
LIMIT 50;`,
  },
  {
    id: 'doubtful-numbers',
    title: 'Which published numbers are doubtful, and why?',
    about: 'Every number that a reader of the sources marked. They are shown, and left out of means.',
    sql: `SELECT source_title, suspect_reason, count(*) AS numbers, min(source_url) AS read_in
FROM results
WHERE suspect
GROUP BY ALL
ORDER BY numbers DESC;`,
  },
  {
    id: 'largest-outliers',
    title: 'Which tensors have the heaviest outliers?',
    about: 'Kurtosis of inputs and weights of the models measured here; 3 is a normal distribution.',
    sql: `SELECT model_name, layer, linear, tensor, round(kurtosis, 0) AS kurtosis, round(peak, 1) AS peak_over_std
FROM tensors
WHERE kurtosis IS NOT NULL
ORDER BY tensors.kurtosis DESC
LIMIT 20;`,
  },
];
