/**
 * Writes data/published/ from a folder with the original tidy tables:
 *
 *     node scripts/import-published.ts --from <folder>
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { importPublished } from '../data/published-import.ts';

const FILES = ['llama3.csv', 'methods.csv', 'qllm-eval.csv', 'llm-kick.csv'];

const { values } = parseArgs({ options: { from: { type: 'string' } } });
if (values.from === undefined) {
  console.error('Say where the original tables are: node scripts/import-published.ts --from <folder>');
  process.exit(2);
}
const folder = values.from;
const target = join(import.meta.dirname, '..', 'data', 'published');
mkdirSync(target, { recursive: true });
const written = importPublished(
  FILES.map((file) => ({ file, text: readFileSync(join(folder, file), 'utf8') })),
);
let bytes = 0;
for (const [name, text] of written) {
  writeFileSync(join(target, name), text);
  bytes += Buffer.byteLength(text);
}
console.log(`${written.size} files, ${(bytes / 1e6).toFixed(2)} MB, in ${target}`);
