import { BASELINE, cellPath, placedCells, questionOf } from './cells.ts';
import { defineRule } from './rule.ts';

export const duplicate = defineRule({
  id: 'duplicate',
  demands: 'A cell stands once in a file, and a file brings cells that no other file has.',
  severity: 'refused',
  *check(submission, { published }) {
    const keys = new Map<string, number>();
    const questions = new Set<string>();
    const known: string[] = [];
    let own = 0;
    for (const { cell, path } of placedCells(submission)) {
      const question = `${cell.recipe} ${questionOf(cell)}`;
      if (questions.has(question))
        yield { path, found: `${cell.recipe} on ${cell.task} twice`, fix: 'Keep one of the two cells.' };
      else if (keys.has(cell.cell_key))
        yield {
          path: cellPath(submission, path, 'cell_key'),
          found: `a key that another cell has, ${cell.cell_key.slice(0, 12)}…`,
          fix: 'A key is a hash over all that a cell depends on; send the one that the pipeline wrote.',
        };
      keys.set(cell.cell_key, own);
      questions.add(question);
      if (cell.recipe === BASELINE) continue;
      own += 1;
      const file = published.fileOfCell(cell.cell_key, submission.file);
      if (file !== undefined) known.push(file);
    }
    const twin = published.fileOfRun(submission.run.run.run_id, submission.file);
    if (twin !== undefined)
      yield { path: ['run', 'run_id'], found: `a run that ${twin} has`, fix: 'Nothing is to be sent.' };
    else if (own > 0 && known.length === own)
      yield {
        path: ['recipes'],
        found: `${own} cells, all of which are published, as in ${known[0]}`,
        fix: `Compare with what is published instead: pnpm eval reproduce ${known[0]}.`,
      };
    else if (known.length > 0)
      yield {
        path: ['recipes'],
        found: `${known.length} of ${own} cells that are published, as in ${known[0]}`,
        fix: 'The others are taken; say in the pull request why these were measured again.',
        severity: 'flagged',
      };
  },
});
