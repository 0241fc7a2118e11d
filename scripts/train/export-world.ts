/** Writes the training and held-out text of the synthetic world to two files: `node scripts/train/export-world.ts DIR [documents]`. */
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { heldOutDocuments, heldOutQuestions, trainingDocuments } from '../../eval/world/index.ts';

const TRAINING_SEED = 1;
const [folder, documents = '700000'] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: node scripts/train/export-world.ts DIR [documents]');

await mkdir(folder, { recursive: true });
await pipeline(
  Readable.from(lines(trainingDocuments(Number(documents), TRAINING_SEED))),
  createWriteStream(join(folder, 'train.jsonl')),
);
await pipeline(Readable.from(lines(heldOutDocuments())), createWriteStream(join(folder, 'heldout.jsonl')));
await writeFile(join(folder, 'questions.json'), JSON.stringify(heldOutQuestions()));

function* lines(items: Iterable<string>): Generator<string> {
  for (const item of items) yield `${JSON.stringify(item)}\n`;
}
