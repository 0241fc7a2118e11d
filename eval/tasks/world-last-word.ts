import { worldPassages as dataset } from '../datasets/world.ts';
import { type Passage, WORLD_VERSION } from '../world/index.ts';
import { lastWord } from './kinds/last-word.ts';
import { defineTask } from './task.ts';

export const worldLastWord = defineTask({
  id: 'world-last-word',
  title: 'Last words of the synthetic world',
  version: WORLD_VERSION,
  ability: 'understanding',
  dataset,
  paper: null,
  chance: 0,
  protocol:
    'The passage without its last word is given; right when greedy decoding would go on with exactly that word.',
  ...lastWord<Passage>({ text: ({ text }) => text }),
});
