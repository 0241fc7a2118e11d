import { inert } from '../problem.ts';
import { defineRule } from './rule.ts';

/** `pnpm eval` and options, each with one word or one text in single quotes: nothing that a shell would act upon. */
const COMMAND = /^pnpm eval(?: (?:--[a-z][a-z-]*|[\w@%+=:,./][\w@%+=:,./-]*|-?\d+|'[^'\\$`\p{Cc}]*'))*$/u;

export const commandLine = defineRule({
  id: 'command',
  demands:
    'The command that makes the run again is `pnpm eval` with options, and nothing that a shell would act upon.',
  severity: 'refused',
  *check({ run: { run } }) {
    if (COMMAND.test(run.command)) return;
    yield {
      path: ['run', 'command'],
      found: inert(run.command),
      fix: 'Send the command as the pipeline wrote it: readers copy it into a shell.',
    };
  },
});
