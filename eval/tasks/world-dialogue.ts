import { type DialogueDoc, worldDialogues as dataset } from '../datasets/world-skills.ts';
import { factsFirst } from '../metrics/facts-first.ts';
import { factsSecond } from '../metrics/facts-second.ts';
import { repeatedBigrams } from '../metrics/repeated-bigrams.ts';
import { repeatedSentences } from '../metrics/repeated-sentences.ts';
import { repeatedWords } from '../metrics/repeated-words.ts';
import { WORLD_VERSION } from '../world/index.ts';
import { repetitionOf } from './kinds/repetition.ts';
import { generationUpTo } from './kinds/settings.ts';
import { defineTask, type GenerationAnswer, type GenerationRequest, type Row } from './task.ts';

export const worldDialogue = defineTask({
  id: 'world-dialogue',
  title: 'Two turns about a person of the synthetic world',
  version: WORLD_VERSION,
  ability: 'dialogue',
  dataset,
  paper: null,
  chance: 0,
  protocol:
    '“A: Tell me about …”, a newline, “B:”; the model goes on greedily up to the end of the line. Its own answer stays in the prompt, and “A: And the best friend?” follows. Four sentences, a fact each, are due in either turn and count as right where they stand word for word, whatever their order. Repetition is measured on both answers together.',
  kind: 'generation',
  item: 'document',
  settings: generationUpTo(72),
  metrics: [factsFirst, factsSecond, repeatedSentences, repeatedWords, repeatedBigrams],
  columns: {
    first: 'text',
    second: 'text',
    tokens: 'int',
    first_facts: 'int',
    first_right: 'int',
    second_facts: 'int',
    second_right: 'int',
    repeated_sentences: 'double',
    repeated_words: 'double',
    repeated_bigrams: 'double',
  },
  requests: ({ prompt }: DialogueDoc): readonly GenerationRequest[] => [{ prompt, until: ['\n'] }],
  followUp: (
    { prompt, followUp }: DialogueDoc,
    [first]: readonly GenerationAnswer[],
  ): readonly GenerationRequest[] => [{ prompt: `${prompt}${first!.text}${followUp}`, until: ['\n'] }],
  score: (doc: DialogueDoc, [first, second]: readonly GenerationAnswer[]): readonly Row[] => [
    {
      item: doc.id,
      first: first!.text,
      second: second!.text,
      tokens: first!.tokens + second!.tokens,
      first_facts: doc.first.length,
      first_right: factsIn(first!.text, doc.first),
      second_facts: doc.second.length,
      second_right: factsIn(second!.text, doc.second),
      ...repetitionOf(`${first!.text}\n${second!.text}`),
    },
  ],
});

/** How many of the sentences stand in a text. */
function factsIn(text: string, sentences: readonly string[]): number {
  const written = new Set(text.split('.').map((sentence) => `${sentence.trim()}.`));
  return sentences.filter((sentence) => written.has(sentence)).length;
}
