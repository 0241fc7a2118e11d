/** Score requests of real tasks for a model: four-choice questions of the synthetic world and windows of its text. */
import type { Checkpoint } from '../../../eval/checkpoint/checkpoint.ts';
import { loadDataset } from '../../../eval/datasets/load.ts';
import type { LoadedModel, ScoreRequest } from '../../../eval/engines/engine.ts';
import { prepareTask } from '../../../eval/evaluate.ts';
import { worldFacts } from '../../../eval/tasks/world-facts.ts';
import { worldText } from '../../../eval/tasks/world-text.ts';

/** @param limit  of questions */
export async function zooRequests(
  { architecture, tokenizer }: Checkpoint,
  limit: number,
): Promise<{ readonly questions: ScoreRequest[]; readonly texts: ScoreRequest[] }> {
  const limits = architecture;
  const facts = {
    task: worldFacts,
    docs: (await loadDataset(worldFacts.dataset, null)).docs,
    tokenizer,
    limits,
  };
  const text = {
    task: worldText,
    docs: (await loadDataset(worldText.dataset, null)).docs,
    tokenizer,
    limits,
  };
  return {
    questions: await asked(prepareTask({ ...facts, settings: { limit } }), architecture),
    texts: await asked(prepareTask({ ...text, settings: { limit: 2 } }), architecture),
  };
}

/** What a task asks a model. */
async function asked(
  prepared: ReturnType<typeof prepareTask>,
  architecture: LoadedModel['architecture'],
): Promise<ScoreRequest[]> {
  const requests: ScoreRequest[] = [];
  const recorder = {
    architecture,
    score: async (own: readonly ScoreRequest[]) => {
      requests.push(...own);
      return own.map(({ continuations }) =>
        continuations.map(({ length }) => ({
          logProbabilities: new Float32Array(length).fill(-1),
          isGreedy: false,
          divergence: null,
        })),
      );
    },
  };
  await prepared.evaluate(recorder as unknown as LoadedModel);
  return requests;
}
