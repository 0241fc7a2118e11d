import { defineRule } from './rule.ts';

/** Before it there was no pipeline. */
const FIRST = Date.parse('2026-01-01T00:00:00Z');
const DAY_MS = 86_400_000;

export const dates = defineRule({
  id: 'dates',
  demands: 'A run was made after the pipeline, and not in the future.',
  severity: 'refused',
  *check({ run: { run } }, { now }) {
    const made = Date.parse(run.created_at);
    if (made >= FIRST && made <= now.getTime() + DAY_MS) return;
    yield {
      path: ['run', 'created_at'],
      found: run.created_at,
      fix: 'Send the manifest as the pipeline wrote it; set the clock of the machine and measure again if it is wrong.',
    };
  },
});
