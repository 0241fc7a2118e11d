/**
 * The data set in Croissant 1.0 (JSON-LD over schema.org; https://docs.mlcommons.org/croissant/docs/croissant-spec.html):
 * one FileObject a Parquet file with its hash, one RecordSet a table with its columns, keys and references.
 */
import { dataVersion } from '../db.ts';
import { dictionary } from '../dictionary.ts';
import { downloadBytes, downloadHash } from '../download-bytes.ts';
import { type SqlTable, sqlTables } from '../sql/tables.ts';
import { absolute } from './absolute.ts';
import { pageBibtex } from './bibtex.ts';
import { description, LICENCE, NAME, releaseDate, TITLE } from './facts.ts';

/** Terms of the specification's appendix that this description uses. */
const CONTEXT = {
  '@language': 'en',
  '@vocab': 'https://schema.org/',
  citeAs: 'cr:citeAs',
  column: 'cr:column',
  conformsTo: 'dct:conformsTo',
  cr: 'http://mlcommons.org/croissant/',
  data: { '@id': 'cr:data', '@type': '@json' },
  dataType: { '@id': 'cr:dataType', '@type': '@vocab' },
  dct: 'http://purl.org/dc/terms/',
  extract: 'cr:extract',
  field: 'cr:field',
  fileObject: 'cr:fileObject',
  key: 'cr:key',
  recordSet: 'cr:recordSet',
  references: 'cr:references',
  sc: 'https://schema.org/',
  source: 'cr:source',
} as const;

const TYPES: Readonly<Record<string, string>> = {
  VARCHAR: 'sc:Text',
  DOUBLE: 'sc:Float',
  INTEGER: 'sc:Integer',
  BIGINT: 'sc:Integer',
  BOOLEAN: 'sc:Boolean',
};

/** Columns that name a row of another table, and columns that name a row of their own. */
const REFERENCES: Readonly<Record<string, string>> = {
  model_id: 'models',
  method_id: 'methods',
  task_id: 'tasks',
  source_id: 'sources',
  row_id: 'results',
};

export async function croissant(): Promise<object> {
  const [tables, version, day] = [await sqlTables(), await dataVersion(), await releaseDate()];
  const meanings = new Map((await dictionary()).map(({ name, meaning }) => [name, meaning]));
  return {
    '@context': CONTEXT,
    '@type': 'sc:Dataset',
    name: NAME,
    conformsTo: 'http://mlcommons.org/croissant/1.0',
    description: await description(),
    license: LICENCE,
    url: absolute('/data/'),
    creator: { '@type': 'sc:Organization', name: 'Bitloss', url: absolute('/') },
    datePublished: day,
    version: `1.0.0+${version}`,
    keywords: ['language models', 'quantization', 'pruning', 'compression', 'evaluation'],
    citeAs: pageBibtex({ title: TITLE, path: '/data/', version, day }),
    distribution: await Promise.all(tables.map((table) => fileObject(table, version))),
    recordSet: tables.map((table) => recordSet(table, meanings)),
  };
}

async function fileObject({ name, download }: SqlTable, version: string): Promise<object> {
  const bytes = await downloadBytes(download, 'parquet');
  return {
    '@type': 'cr:FileObject',
    '@id': `${name}.parquet`,
    name: `${download.id}.parquet`,
    description: download.about,
    contentUrl: absolute(`/data/${version}/${download.id}.parquet`),
    contentSize: `${bytes.byteLength} B`,
    encodingFormat: 'application/x-parquet',
    sha256: await downloadHash(download, 'parquet'),
  };
}

function recordSet({ name, download, columns }: SqlTable, meanings: ReadonlyMap<string, string>): object {
  const own = Object.keys(REFERENCES).find((column) => REFERENCES[column] === name);
  return {
    '@type': 'cr:RecordSet',
    '@id': name,
    name,
    description: download.about,
    ...(own === undefined ? {} : { key: { '@id': `${name}/${own}` } }),
    field: columns.map((column) => {
      const target = REFERENCES[column.name];
      return {
        '@type': 'cr:Field',
        '@id': `${name}/${column.name}`,
        name: column.name,
        // The dictionary is that of the results; other tables use its words for the same things.
        description: meanings.get(column.name) ?? column.name.replaceAll('_', ' '),
        dataType: TYPES[column.type] ?? 'sc:Text',
        source: { fileObject: { '@id': `${name}.parquet` }, extract: { column: column.name } },
        ...(target === undefined || target === name
          ? {}
          : { references: { '@id': `${target}/${column.name}` } }),
      };
    }),
  };
}
