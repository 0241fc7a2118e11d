import { worldQuestions as dataset, type WorldQuestion } from '../datasets/world.ts';
import { acc } from '../metrics/acc.ts';
import { brier } from '../metrics/brier.ts';
import { ece } from '../metrics/ece.ts';
import { WORLD_VERSION } from '../world/index.ts';
import { softmax } from './kinds/choice-score.ts';
import { plainChoice } from './kinds/plain-choice.ts';
import { defineTask, type PairAnswer, type Row } from './task.ts';

const choosing = plainChoice<WorldQuestion>({
  prompt: ({ prompt }) => prompt,
  choices: ({ choices }) => choices,
  answer: ({ answerIndex }) => answerIndex,
  facets: { subject: { type: 'text', of: ({ subject }) => subject } },
});

export const worldCalibration = defineTask({
  id: 'world-calibration',
  title: 'Calibration on facts of the synthetic world',
  version: WORLD_VERSION,
  ability: 'calibration',
  dataset,
  paper: null,
  chance: 0.25,
  protocol:
    'The questions of world-facts, asked as there. The softmax over the log-likelihoods of the four choices is taken as the probabilities that the model gives them; that of the chosen one is its confidence.',
  ...choosing,
  metrics: [ece, brier, acc],
  columns: { ...choosing.columns, confidence: 'double', brier: 'double' },
  score: (doc: WorldQuestion, answers: readonly PairAnswer[]): readonly Row[] => {
    const probabilities = softmax(answers.map(({ logLikelihood }) => logLikelihood));
    const [row] = choosing.score(doc, answers);
    const errors = probabilities.map((value, index) => (value - (index === doc.answerIndex ? 1 : 0)) ** 2);
    return [
      {
        ...row!,
        confidence: Math.max(...probabilities),
        brier: errors.reduce((sum, error) => sum + error, 0),
      },
    ];
  },
});
