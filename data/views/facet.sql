-- What the board can be narrowed by, with how many of its rows each choice leaves. `facet` is a column of the board,
-- `value` a value of it (`?` where it has none), `label` its name for people.

CREATE VIEW facet AS
WITH choice AS (
  SELECT
    unnest([
      {facet: 'origin', value: origin, label: origin},
      {facet: 'family', value: family, label: family},
      {facet: 'series', value: coalesce(series, '?'), label: coalesce(series, 'not catalogued')},
      {facet: 'model_id', value: model_id, label: model_name},
      {facet: 'method_id', value: method_id, label: coalesce(method_title, method_id)},
      {facet: 'tensor', value: tensor, label: tensor},
      {facet: 'w_bits', value: coalesce(format('{:g}', w_bits), '?'), label: coalesce(format('{:g} bit', w_bits), 'not stated')},
      {facet: 'task_id', value: task_id, label: task_title},
      {facet: 'ability', value: coalesce(ability, '?'), label: coalesce(ability, 'several')},
      {facet: 'source_id', value: source_id, label: source_title}
    ], recursive := true)
  FROM board
)
SELECT facet, value, any_value(label) AS label, count(*)::INTEGER AS n
FROM choice
GROUP BY facet, value
ORDER BY facet, n DESC, value;
