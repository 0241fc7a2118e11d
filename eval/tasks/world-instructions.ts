import { worldInstructions as dataset, type InstructionDoc } from '../datasets/world-skills.ts';
import { instructionsFollowed } from '../metrics/instructions-followed.ts';
import { WORLD_VERSION } from '../world/index.ts';
import { isFollowed } from '../world/skills/instructions.ts';
import { generationUpTo } from './kinds/settings.ts';
import { defineTask, type GenerationAnswer, type GenerationRequest, type Row } from './task.ts';

export const worldInstructions = defineTask({
  id: 'world-instructions',
  title: 'Verifiable instructions',
  version: WORLD_VERSION,
  ability: 'instruction following',
  dataset,
  paper: null,
  chance: 0,
  protocol:
    '“Instruction: …”, a newline, “Response:”; the model goes on greedily up to the end of the line. The instructions are to repeat a word, to reverse, filter or join a list, to pick one of its words, or to write so many words of a kind and end with a given one; a program verifies the whole response.',
  kind: 'generation',
  item: 'document',
  settings: generationUpTo(40),
  metrics: [instructionsFollowed],
  groups: ['type'],
  columns: { type: 'text', generated: 'text', tokens: 'int', followed: 'bool' },
  requests: ({ prompt }: InstructionDoc): readonly GenerationRequest[] => [{ prompt, until: ['\n'] }],
  score: ({ id, type, verifier }: InstructionDoc, [answer]: readonly GenerationAnswer[]): readonly Row[] => [
    {
      item: id,
      type,
      generated: answer!.text,
      tokens: answer!.tokens,
      followed: isFollowed(verifier, answer!.text),
    },
  ],
});
