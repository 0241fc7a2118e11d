import { z } from 'zod';
import { defineRule } from './rule.ts';

const sessionsSchema = z.array(z.object({ code_commit: z.string().nullable(), code_dirty: z.boolean() }));

export const cleanCommit = defineRule({
  id: 'clean-commit',
  demands: 'The code of every session is a commit, with nothing changed on top of it.',
  severity: 'refused',
  *check({ run: { run } }) {
    const fix = 'Commit the code, measure again, and send that run.';
    if (run.code_commit === null) yield { path: ['run', 'code_commit'], found: 'no commit', fix };
    else if (/^(.)\1*$/.test(run.code_commit))
      yield { path: ['run', 'code_commit'], found: `${run.code_commit}, which is no commit`, fix };
    if (run.code_dirty) yield { path: ['run', 'code_dirty'], found: 'changes that are not committed', fix };
    const sessions = sessionsSchema.safeParse(run.settings.sessions);
    if (!sessions.success || sessions.data.length === 0) {
      yield {
        path: ['run', 'settings', 'sessions'],
        found: 'no sessions with their commits',
        fix: 'Send the manifest as the pipeline wrote it.',
      };
      return;
    }
    for (const [index, { code_commit, code_dirty }] of sessions.data.entries())
      if (code_commit === null || code_dirty)
        yield {
          path: ['run', 'settings', 'sessions', index],
          found: code_dirty ? 'a session with changes that are not committed' : 'a session without a commit',
          fix,
        };
  },
});
