/** What `pnpm submission check` says about a file of claimed rows: nothing in it can be computed again, so all is form. */
import { claimedFileSchema } from '../../../data/claimed-schema.ts';
import type { Catalogues } from '../../../data/database/catalogues.ts';
import { claimedFaults, claimedSubject } from '../../../data/database/claimed.ts';
import { lineOfPath } from '../../../data/database/json-lines.ts';
import { inert, type Problem, refusalsOf } from '../problem.ts';
import { placeOf } from '../read/places.ts';
import { inertPath, readContent } from './read-submission.ts';

/** @param root absolute @param file relative to it */
export function claimProblems(root: string, file: string, catalogues: Catalogues): readonly Problem[] {
  const read = readContent(root, file, claimedFileSchema);
  if ('problems' in read) return read.problems;
  const { text, content } = read;
  const refuse = refusalsOf(file);
  const problems = claimedFaults(content, catalogues).map(({ path, found, fix }) =>
    refuse(`known-${String(path.at(-1))}`, inert(found), fix, inertPath(path), lineOfPath(text, path)),
  );
  const subject = claimedSubject(content);
  const stem = placeOf(file)?.stem ?? '';
  if (stem !== subject)
    problems.unshift(refuse('name', inert(stem), `Name the file ${subject}.claim.json, after its content.`));
  return problems;
}
