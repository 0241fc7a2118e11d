import { worldText as dataset, type WorldText } from '../datasets/world.ts';
import { WORLD_VERSION } from '../world/index.ts';
import { textPerplexity } from './kinds/text-perplexity.ts';
import { defineTask } from './task.ts';

export const worldText = defineTask({
  id: 'world-text',
  title: 'Text of the synthetic world',
  version: WORLD_VERSION,
  ability: 'language modelling',
  dataset,
  paper: null,
  chance: null,
  protocol:
    'Held-out documents joined by two newlines and encoded as one text. Windows of 2048 tokens, or of the model’s maximum if that is less, do not overlap; the first token of each is not predicted, what remains at the end is dropped, and perplexity is e to the mean loss of all predicted tokens.',
  ...textPerplexity<WorldText>({ text: ({ text }) => text }),
});
