/** Files in wrong places, and branches that change what others published. */
import type { Change } from '../check/changes.ts';
import type { Corruption } from './corruption.ts';

const OTHER = 'data/results/other/bitloss-llama-0.5m-0123456789ab.json';
const MINE = 'data/results/someone/bitloss-llama-0.5m-0123456789ab.json';
const change = (status: Change['status'], file: string, from: string | null = null): Change => ({
  status,
  file,
  from,
});

export const placeCorruptions: readonly Corruption[] = [
  {
    does: 'calls the file by another hash',
    rule: 'name',
    file: (file) => file.replace(/[0-9a-f]{12}\.json$/, '0123456789ab.json'),
  },
  { does: 'calls the file by no hash', rule: 'path', file: () => 'data/results/someone/best.json' },
  { does: 'climbs out of the folder', rule: 'path', file: (file) => file.replace('someone', '..') },
  { does: 'writes a handle in capitals', rule: 'path', file: (file) => file.replace('someone', 'SomeOne') },
  {
    does: 'writes a handle with a letter that looks like another',
    rule: 'path',
    file: (file) => file.replace('someone', 'sоmeone'),
  },
  {
    does: 'puts the file into a folder below',
    rule: 'path',
    file: (file) => file.replace('someone', 'someone/more'),
  },
  { does: 'puts a wildcard into the name', rule: 'path', file: (file) => file.replace('.json', '*.json') },
  { does: 'sends a page instead', rule: 'path', file: (file) => file.replace('.json', '.html') },
  {
    does: 'takes the handle of runs that are not published',
    rule: 'name',
    file: (file) => file.replace('someone', 'local'),
  },
  { does: 'sends a link instead of the file', rule: 'plain-file', link: 'file' },
  { does: 'sends a link instead of the folder', rule: 'plain-file', link: 'folder' },
  { does: 'sends what somebody else has sent', rule: 'duplicate', published: () => {} },
  {
    does: 'sends cells of which somebody has all, in a run of another name',
    rule: 'duplicate',
    published: ({ run }) => void (run.run_id = `${run.models[0]!.id}-0123456789ab`),
  },
  {
    does: 'sends cells of which somebody has some',
    rule: 'duplicate',
    severity: 'flagged',
    published: (run) => {
      run.run.run_id = `${run.run.models[0]!.id}-0123456789ab`;
      run.recipes.pop();
    },
  },
  {
    does: 'sends the numbers of somebody else under other keys',
    rule: 'near-duplicate',
    severity: 'flagged',
    published: (run) => {
      run.run.run_id = `${run.run.models[0]!.id}-0123456789ab`;
      for (const { cells } of run.recipes)
        for (const cell of cells) cell[1] = `${[...cell[1].slice(0, 42)].reverse().join('')}A`;
    },
  },
  {
    does: 'is far from what somebody else measured',
    rule: 'plausible',
    severity: 'flagged',
    published: (run) => {
      run.run.run_id = `${run.run.models[0]!.id}-0123456789ab`;
      for (const { cells } of run.recipes) for (const cell of cells) (cell[4] as number[][])[0]![0]! /= 2;
    },
  },
  { does: 'modifies a result of somebody else', rule: 'append-only', changes: [change('M', OTHER)] },
  { does: 'modifies a result of their own', rule: 'append-only', changes: [change('M', MINE)] },
  { does: 'deletes a result', rule: 'append-only', changes: [change('D', OTHER)] },
  { does: 'renames a result to their own', rule: 'append-only', changes: [change('R', MINE, OTHER)] },
  {
    does: 'moves a result out of the folder',
    rule: 'append-only',
    changes: [change('R', 'old.json', OTHER)],
  },
  {
    does: 'deletes a dispute from the trust ledger',
    rule: 'append-only',
    changes: [change('D', 'data/trust/bitloss-llama-0.5m-0123456789ab/2026-11-26-disputed.json')],
  },
  { does: 'replaces a result by a link', rule: 'append-only', changes: [change('T', OTHER)] },
  { does: 'adds results to the folder of somebody else', rule: 'handle', changes: [change('A', OTHER)] },
  { does: 'adds results of two handles', rule: 'handle', changes: [change('A', MINE), change('A', OTHER)] },
  {
    does: 'changes the validator along with a result',
    rule: 'elsewhere',
    severity: 'flagged',
    changes: [change('A', MINE), change('M', 'eval/submission/check/index.ts')],
  },
];
