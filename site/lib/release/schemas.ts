/** The JSON Schema of every kind of file below data/, by file name. */
const FILES = import.meta.glob<string>('../../../data/schema/*.schema.json', {
  query: '?raw',
  import: 'default',
  eager: true,
});

export const SCHEMAS: ReadonlyMap<string, string> = new Map(
  Object.entries(FILES).map(([path, text]) => [path.slice(path.lastIndexOf('/') + 1), text]),
);
