/** Writes the rules and corruptions into docs/submission-checks.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { withChecks } from '../eval/submission/checks-table.ts';

const guide = path.resolve(import.meta.dirname, '../docs/submission-checks.md');
writeFileSync(guide, withChecks(readFileSync(guide, 'utf8')));
