import {
  heldOutDocuments,
  heldOutQuestions,
  lastWordPassages,
  type Passage,
  promptOf,
  type Question,
} from '../world/index.ts';
import { type Doc, defineDataset } from './dataset.ts';

const origin = 'made by this project from fixed seeds (eval/world/)';

export interface WorldText extends Doc {
  readonly text: string;
}

/** A question with its prompt; the answer follows the prompt after one space. */
export interface WorldQuestion extends Question {
  readonly prompt: string;
}

export const worldText = defineDataset<WorldText>({
  source: 'generated',
  id: 'world',
  file: 'world-text.jsonl',
  title: 'Held-out text of the synthetic world',
  origin,
  generate: () => [{ id: 'held-out', text: heldOutDocuments().join('\n\n') }],
});

export const worldQuestions = defineDataset<WorldQuestion>({
  source: 'generated',
  id: 'world',
  file: 'world-questions.jsonl',
  title: 'Held-out questions about the synthetic world',
  origin,
  generate: () => heldOutQuestions().map((question) => ({ ...question, prompt: promptOf(question) })),
});

export const worldPassages = defineDataset<Passage>({
  source: 'generated',
  id: 'world',
  file: 'world-passages.jsonl',
  title: 'Passages about the synthetic world whose last word follows from the rest',
  origin,
  generate: lastWordPassages,
});
