import { worldSummaries as dataset, type SummaryDoc } from '../datasets/world-skills.ts';
import { factsKept } from '../metrics/facts-kept.ts';
import { wrongStatements } from '../metrics/wrong-statements.ts';
import { WORLD_VERSION } from '../world/index.ts';
import { statementsOf } from '../world/skills/summary.ts';
import { generationUpTo } from './kinds/settings.ts';
import { defineTask, type GenerationAnswer, type GenerationRequest, type Row } from './task.ts';

export const worldSummary = defineTask({
  id: 'world-summary',
  title: 'Summaries of stories',
  version: WORLD_VERSION,
  ability: 'retrieval and summaries',
  dataset,
  paper: null,
  chance: 0,
  protocol:
    '“Story:” with six to eight facts about three people who occur nowhere else, among sentences that tell none, a newline, “Summary:”; the model goes on greedily up to the end of the line, in the form “name: value; name: value.”. Every statement is compared with what the story tells: a statement made twice counts once as kept and, like one that the story does not make, as wrong.',
  kind: 'generation',
  item: 'document',
  settings: generationUpTo(80),
  metrics: [factsKept, wrongStatements],
  columns: {
    generated: 'text',
    tokens: 'int',
    facts: 'int',
    facts_kept: 'int',
    statements: 'int',
    wrong_share: 'double',
  },
  requests: ({ prompt }: SummaryDoc): readonly GenerationRequest[] => [{ prompt, until: ['\n'] }],
  score: ({ id, statements }: SummaryDoc, [answer]: readonly GenerationAnswer[]): readonly Row[] => {
    const written = statementsOf(answer!.text);
    const kept = statements.filter((statement) => written.includes(statement)).length;
    return [
      {
        item: id,
        generated: answer!.text,
        tokens: answer!.tokens,
        facts: statements.length,
        facts_kept: kept,
        statements: written.length,
        wrong_share: written.length === 0 ? 0 : (written.length - kept) / written.length,
      },
    ];
  },
});
