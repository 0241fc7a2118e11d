import { type ArithmeticDoc, worldArithmetic as dataset } from '../datasets/world-skills.ts';
import { WORLD_VERSION } from '../world/index.ts';
import { CONCLUSION } from '../world/skills/arithmetic.ts';
import { workedAnswer } from './kinds/worked-answer.ts';
import { defineTask } from './task.ts';

export const worldArithmetic = defineTask({
  id: 'world-arithmetic',
  title: 'Calculation in steps',
  version: WORLD_VERSION,
  ability: 'reasoning',
  dataset,
  paper: null,
  chance: 0,
  protocol:
    '“Question: What is 7 + 5 - 4?”, a newline, “Answer:”, numbers up to 60, two to four steps; the model goes on greedily up to the end of the line, as in “7 + 5 = 12; 12 - 4 = 8. So it is 8”. Right when what follows “So it is” equals the result; steps count as right at their own place only.',
  ...workedAnswer<ArithmeticDoc>({
    prompt: ({ prompt }) => prompt,
    steps: ({ steps }) => steps,
    result: ({ result }) => result,
    conclusion: CONCLUSION,
    maxNewTokens: 80,
  }),
});
