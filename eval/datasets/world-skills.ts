/** Items of the skills of the synthetic world, each with the prompt in which it is asked. */
import * as world from '../world/index.ts';
import { type Doc, defineDataset } from './dataset.ts';

/** What kind of item a function of the world gives. */
type ItemOf<Items extends (...inputs: never[]) => readonly Doc[]> = ReturnType<Items>[number];

function skill<D extends Doc>(file: string, title: string, generate: () => readonly D[]) {
  return defineDataset<D>({
    source: 'generated',
    id: 'world',
    file: `world-${file}.jsonl`,
    title,
    origin: 'made by this project from fixed seeds (eval/world/)',
    generate,
  });
}

export type ArithmeticDoc = ItemOf<typeof world.arithmeticItems>;
export type DialogueDoc = ItemOf<typeof world.dialogueItems>;
export type DocumentsDoc = ItemOf<typeof world.documentsItems>;
export type FiveShotDoc = ItemOf<typeof world.questionsAfterFive>;
export type InstructionDoc = ItemOf<typeof world.instructionItems>;
export type JudgingDoc = ItemOf<typeof world.judgingItems>;
export type LinesDoc = ItemOf<typeof world.linesItems>;
export type MappingDoc = ItemOf<typeof world.mappingItems>;
export type MoralDoc = ItemOf<typeof world.moralItems>;
export type OpenBookDoc = ItemOf<typeof world.openBookItems>;
export type ReasoningDoc = ItemOf<typeof world.reasoningItems>;
export type SummaryDoc = ItemOf<typeof world.summaryItems>;
export type TypoDoc = ItemOf<typeof world.mistypedQuestions>;

export const worldArithmetic = skill('arithmetic', 'Calculations in steps', world.arithmeticItems);
export const worldDialogues = skill('dialogue', 'Dialogues about people of the world', world.dialogueItems);
export const worldDocuments = skill('documents', 'Questions to many documents', world.documentsItems);
export const worldFiveShot = skill(
  'facts-5shot',
  'Questions after five solved ones',
  world.questionsAfterFive,
);
export const worldInstructions = skill('instructions', 'Verifiable instructions', world.instructionItems);
export const worldJudging = skill('judging', 'Proposed answers to be judged', world.judgingItems);
export const worldLines = skill('lines', 'Lines of which one is asked for', world.linesItems);
export const worldMoral = skill('moral', 'Cases and requests under a code of conduct', world.moralItems);
export const worldOpenBook = skill('open-book', 'Questions to a text about strangers', world.openBookItems);
export const worldReasoning = skill('reasoning', 'Relations over several persons', world.reasoningItems);
export const worldSummaries = skill('summary', 'Stories to be summarised', world.summaryItems);
export const worldTypos = skill(
  'typos',
  'Questions with and without slips of the keyboard',
  world.mistypedQuestions,
);

export const worldMappings = (shots: number) =>
  skill(`mapping-${shots}shot`, `New mappings of words after ${shots} examples`, () =>
    world.mappingItems(shots),
  );
