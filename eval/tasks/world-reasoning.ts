import { worldReasoning as dataset, type ReasoningDoc } from '../datasets/world-skills.ts';
import { WORLD_VERSION } from '../world/index.ts';
import { CONCLUSION } from '../world/skills/arithmetic.ts';
import { workedAnswer } from './kinds/worked-answer.ts';
import { defineTask } from './task.ts';

export const worldReasoning = defineTask({
  id: 'world-reasoning',
  title: 'Relations over several hops',
  version: WORLD_VERSION,
  ability: 'reasoning',
  dataset,
  paper: null,
  chance: 0,
  protocol:
    'Nine relations among five people who occur nowhere else, in random order, then “Question: Who is the friend of the teacher of …?” over two or three of them; the model goes on greedily up to the end of the line, one relation a sentence, and concludes with “So it is …”, which alone decides. Items tell the hops. A guess among the people of the text would be right once in five times; chance counts as 0, as the answer is written freely.',
  ...workedAnswer<ReasoningDoc>({
    prompt: ({ prompt }) => prompt,
    steps: ({ steps }) => steps,
    result: ({ result }) => result,
    conclusion: CONCLUSION,
    maxNewTokens: 64,
    facets: { hops: { type: 'int', of: ({ hops }) => hops } },
  }),
});
