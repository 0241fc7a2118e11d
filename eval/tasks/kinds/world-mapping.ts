/** What the tasks of new mappings have in common; they differ in the number of examples. */
import { type MappingDoc, worldMappings } from '../../datasets/world-skills.ts';
import { WORLD_VERSION } from '../../world/index.ts';
import { plainChoice } from './plain-choice.ts';

export function worldMapping(shots: number) {
  return {
    version: WORLD_VERSION,
    ability: 'in-context learning',
    dataset: worldMappings(shots),
    paper: null,
    chance: 0.25,
    protocol: `“Labels:” with four nonsense words, then ${shots} lines “Word cat: zup”, then “Word dog:”; each of the four labels is scored as a continuation after one space. Four kinds of words stand for the four labels, drawn anew for every item, so only the examples tell which; no pair of the word asked for and its label occurs in training.${shots === 0 ? ' Without examples nothing tells, so this is the control.' : ''}`,
    ...plainChoice<MappingDoc>({
      prompt: ({ prompt }) => prompt,
      choices: ({ labels }) => labels,
      answer: ({ answerIndex }) => answerIndex,
      facets: { shots: { type: 'int', of: (doc) => doc.shots } },
    }),
  } as const;
}
