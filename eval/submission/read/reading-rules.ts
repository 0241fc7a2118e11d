/** What has to be so before the content of a file is looked at. */
export const readingRules = [
  { id: 'plain-file', demands: 'A result is a plain file below the checkout: no link, folder or device.' },
  { id: 'file-size', demands: 'A JSON file has at most 4 MiB, a Parquet file 8 MiB.' },
  { id: 'encoding', demands: 'JSON is UTF-8 without a byte order mark.' },
  { id: 'json-syntax', demands: 'The file is JSON.' },
  { id: 'json-depth', demands: 'Lists and objects are nested at most 32 deep.' },
  { id: 'json-duplicate-key', demands: 'No object has a field twice.' },
  { id: 'json-forbidden-key', demands: 'No field has a name that JavaScript gives to every object.' },
  { id: 'json-number', demands: 'Numbers are finite, have at most 40 characters, and whole ones are exact.' },
  { id: 'text-length', demands: 'No text has more than 20,000 characters.' },
  {
    id: 'invisible',
    demands: 'No text holds control characters, marks of direction, or other invisible characters.',
  },
  {
    id: 'markup',
    demands: 'No text holds markup, entities, scripts, links of Markdown or formulas of spreadsheets.',
  },
  {
    id: 'schema',
    demands:
      'A run fits data/schema/run.schema.json, claimed rows claimed.schema.json and a record trust.schema.json beside it, which know every field.',
  },
  {
    id: 'outcomes',
    demands:
      'The Parquet file has the six columns of data/results/README.md, at most 50,000 rows and 5 million values, one kind of value a row, and short texts.',
  },
].map((rule) => ({ ...rule, severity: 'refused' as const }));
