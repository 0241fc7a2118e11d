/**
 * `node scripts/release.ts`: the folder of a release out of a built site: every table as Parquet, CSV and JSON, all of them
 * in one DuckDB file, the metadata, and SHA256SUMS over everything.
 *
 *     pnpm build && node scripts/release.ts [--site dist] [--out release]
 */
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { writeReleaseDatabase } from '../data/release-database.ts';

const { values } = parseArgs({
  options: { site: { type: 'string', default: 'dist' }, out: { type: 'string', default: 'release' } },
});
const [site, out] = [path.resolve(values.site, 'data'), path.resolve(values.out)];

interface Manifest {
  readonly version: string;
  readonly files: readonly { readonly table: string; readonly format: string; readonly sha256: string }[];
}

const sha256 = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

try {
  const { version, files } = JSON.parse(readFileSync(path.join(site, 'release.json'), 'utf8')) as Manifest;
  mkdirSync(path.join(out, 'schema'), { recursive: true });
  for (const { table, format, sha256: stated } of files) {
    const file = path.join(site, `${table}.${format}`);
    if (sha256(file) !== stated)
      throw new Error(`[release] ${file} is not the file that release.json states. Build the site again.`);
    copyFileSync(file, path.join(out, `${table}.${format}`));
  }
  for (const file of ['croissant.json', 'release.json'])
    copyFileSync(path.join(site, file), path.join(out, file));
  for (const file of readdirSync(path.join(site, 'schema')))
    copyFileSync(path.join(site, 'schema', file), path.join(out, 'schema', file));
  const tables = files
    .filter(({ format }) => format === 'parquet')
    .map(({ table }) => ({ name: table.replaceAll('-', '_'), file: path.join(out, `${table}.parquet`) }));
  await writeReleaseDatabase(path.join(out, 'bitloss.duckdb'), tables);
  const all = readdirSync(out, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'SHA256SUMS')
    .map((entry) => path.relative(out, path.join(entry.parentPath, entry.name)))
    .sort();
  writeFileSync(
    path.join(out, 'SHA256SUMS'),
    all.map((file) => `${sha256(path.join(out, file))}  ${file}\n`).join(''),
  );
  console.log(`${out}: version ${version}, ${all.length} files.`);
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
