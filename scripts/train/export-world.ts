/**
 * Writes the training and held-out text of the synthetic world, one JSON string a line, and what is asked about it in
 * evaluation: `node scripts/train/export-world.ts DIR [documents] [seed]`. A million documents take about a minute. Another seed
 * than 1 gives other documents of the same world, in `train-SEED.jsonl`, so that shards can be written side by side.
 */
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as world from '../../eval/world/index.ts';

const [folder, documents = '1000000', seed = '1'] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: node scripts/train/export-world.ts DIR [documents] [seed]');

await mkdir(folder, { recursive: true });
await pipeline(
  Readable.from(chunks(world.trainingDocuments(Number(documents), Number(seed)))),
  createWriteStream(join(folder, seed === '1' ? 'train.jsonl' : `train-${seed}.jsonl`)),
);
await pipeline(
  Readable.from(chunks(world.heldOutDocuments())),
  createWriteStream(join(folder, 'heldout.jsonl')),
);
await writeFile(join(folder, 'questions.json'), JSON.stringify(world.heldOutQuestions()));

/** Prompts and right answers of the skills that are asked for in one turn; a model goes on up to the end of the line. */
const skills = {
  arithmetic: world.arithmeticItems(),
  documents: world.documentsItems(),
  'five-shot': world.questionsAfterFive(),
  instructions: world.instructionItems(),
  judging: world.judgingItems(),
  lines: world.linesItems(),
  'mapping-1': world.mappingItems(1),
  'mapping-10': world.mappingItems(10),
  moral: world.moralItems(),
  'open-book': world.openBookItems(),
  reasoning: world.reasoningItems(),
  summary: world.summaryItems(),
};
const asked = Object.entries(skills).flatMap(([skill, items]) =>
  items.map(({ prompt, answer }) => ({ skill, prompt, answer })),
);
await writeFile(join(folder, 'skills.json'), JSON.stringify(asked));

/** Lines, some hundred kilobytes at a time: a stream costs more per piece than per character. */
function* chunks(items: Iterable<string>): Generator<string> {
  let chunk = '';
  for (const item of items) {
    chunk += `${JSON.stringify(item)}\n`;
    if (chunk.length < 300_000) continue;
    yield chunk;
    chunk = '';
  }
  yield chunk;
}
