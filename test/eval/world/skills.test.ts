/** No evaluation item is in the training text, and it is the hash of its key that sees to it. */
import { describe, expect, it } from 'vitest';
import * as world from '../../../eval/world/index.ts';
import { arithmeticItem } from '../../../eval/world/skills/arithmetic.ts';
import { dialogueItem } from '../../../eval/world/skills/dialogue.ts';
import { documentsItem } from '../../../eval/world/skills/documents.ts';
import { instructionItem } from '../../../eval/world/skills/instructions.ts';
import { linesItem } from '../../../eval/world/skills/lines.ts';
import { mappingItem } from '../../../eval/world/skills/mapping.ts';
import { moralItem } from '../../../eval/world/skills/moral.ts';
import { openBookItem } from '../../../eval/world/skills/open-book.ts';
import { reasoningItem } from '../../../eval/world/skills/reasoning.ts';
import { summaryItem } from '../../../eval/world/skills/summary.ts';
import { type Part, partOf } from '../../../eval/world/split.ts';
import { ATTRIBUTES, factKey, STRANGERS } from '../../../eval/world/strangers.ts';
import { createTelling, type Telling } from '../../../eval/world/telling.ts';

const TRAINING_SAMPLE = 40_000;

interface Item {
  readonly id: string;
  readonly keys: readonly string[];
  readonly prompt: string;
  readonly answer?: string;
}

const evaluation: Readonly<Record<string, readonly Item[]>> = {
  arithmetic: world.arithmeticItems(),
  dialogue: world.dialogueItems(),
  documents: world.documentsItems(),
  instructions: world.instructionItems(),
  judging: world.judgingItems(),
  lines: world.linesItems(),
  'mapping-0': world.mappingItems(0),
  'mapping-10': world.mappingItems(10),
  moral: world.moralItems(),
  'open-book': world.openBookItems(),
  reasoning: world.reasoningItems(),
  summary: world.summaryItems(),
};

const drawers: Readonly<
  Record<string, (telling: Telling, part: Part) => { readonly keys: readonly string[] }>
> = {
  arithmetic: (telling, part) => arithmeticItem(telling, part, 2),
  dialogue: dialogueItem,
  documents: documentsItem,
  instructions: instructionItem,
  lines: (telling, part) => linesItem(telling, part, 10),
  mapping: (telling, part) => mappingItem(telling, part, 5),
  moral: moralItem,
  'open-book': openBookItem,
  reasoning: (telling, part) => reasoningItem(telling, part, 2),
  summary: summaryItem,
};

/** Every run of whole lines in which a prompt and its answer could stand, up to the longest of either. */
function runsOfLines(documents: Iterable<string>): Set<string> {
  const runs = new Set<string>();
  for (const document of documents) {
    const lines = document.split('\n');
    for (let end = 1; end <= lines.length; end++) {
      runs.add(lines.slice(0, end).join('\n'));
      for (const length of [2, 3]) runs.add(lines.slice(Math.max(0, end - length), end).join('\n'));
    }
  }
  return runs;
}

describe('evaluation items', () => {
  const training = runsOfLines(world.trainingDocuments(TRAINING_SAMPLE, 1));

  it.each(Object.entries(evaluation))(
    '%s: keys are held out, and no prompt is in the training text',
    (_, items) => {
      for (const { keys } of items) {
        expect(keys.length).toBeGreaterThan(0);
        for (const key of keys) expect([key, partOf(key)]).toEqual([key, 'evaluation']);
      }
      expect(items.filter(({ prompt, answer }) => training.has(`${prompt} ${answer}`))).toEqual([]);
      expect(new Set(items.map(({ id }) => id)).size).toBe(items.length);
    },
  );

  it.each(Object.entries(drawers))(
    '%s: what is drawn for training has keys of the training part',
    (_, draw) => {
      const telling = createTelling(3);
      for (let count = 0; count < 300; count++)
        for (const key of draw(telling, 'training').keys)
          expect([key, partOf(key)]).toEqual([key, 'training']);
    },
  );

  it('mistyped questions are held out like those from which they come', () => {
    for (const { prompt, mistyped } of world.mistypedQuestions()) {
      expect(mistyped).not.toBe(prompt);
      expect(partOf(mistyped.split('\n')[0]!.slice('Question: '.length))).toBe('evaluation');
    }
  });

  it('find their own kind in the training text: the runs of lines do catch prompts', () => {
    const telling = createTelling(1);
    const item = instructionItem(telling, 'training');
    expect(runsOfLines([`x\n${item.prompt} ${item.answer}`]).has(`${item.prompt} ${item.answer}`)).toBe(true);
  });

  it('no stranger lacks a value that may be told in training', () => {
    for (const name of STRANGERS)
      for (const attribute of ATTRIBUTES)
        expect(
          attribute.values.some((value) => partOf(factKey({ name, attribute, value })) === 'training'),
        ).toBe(true);
  });
});
