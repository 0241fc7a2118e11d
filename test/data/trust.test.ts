/** The trust ledger and claimed rows: what they say on the board, and what is refused. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ClaimedFile, claimedFileSchema } from '../../data/claimed-schema.ts';
import { buildDatabase } from '../../data/db.ts';
import {
  TRUST_STATES,
  TRUST_TRANSITIONS,
  type TrustRecord,
  trustRecordSchema,
} from '../../data/trust-schema.ts';
import { readView } from '../../data/views.ts';
import { claim, claimPath } from './claim-file.ts';
import { dataFolder, openForTest, runFile, sha } from './data-folder.ts';

const runs = {
  'results/bitloss/a.json': runFile('a', [
    { recipe: 'fp16', metrics: [{ value: 0.8 }] },
    { recipe: 'rtn-w4g64', metrics: [{ value: 0.7 }] },
  ]),
};

const record = (changes: Partial<TrustRecord>): TrustRecord => ({
  schema: 1,
  subject: 'a',
  row_id: null,
  state: 'reproduced',
  since: '2026-03-01T10:00:00Z',
  who: 'someone',
  reason: 'All of it came out again.',
  evidence: null,
  ...changes,
});

async function database(files: Readonly<Record<string, unknown>>) {
  const texts = Object.entries(files).map(([name, content]) => [name, JSON.stringify(content, null, 1)]);
  const root = dataFolder({ files: Object.fromEntries(texts) });
  await buildDatabase({ root });
  return openForTest(join(root, 'bitloss.duckdb'));
}

/** Every state of the tests at once: building a database takes longer than looking at it. */
async function everything() {
  const withOutcomes = runFile('b', [{ recipe: 'fp16', salt: 'b', metrics: [{ value: 0.8 }] }]);
  Object.assign(withOutcomes.cells[0]!, { items: 'b.parquet' });
  const disputed = runFile('c', [
    { recipe: 'fp16', salt: 'c', metrics: [{ value: 0.8 }] },
    { recipe: 'rtn-w3g64', salt: 'c', metrics: [{ value: 0.7 }] },
  ]);
  const [, { cell_key }] = disputed.cells as [unknown, { cell_key: string }];
  const row_id = sha(`bitloss|${cell_key}|acc`).slice(0, 16);
  const open = await database({
    ...runs,
    'results/bitloss/b.json': withOutcomes,
    'results/bitloss/c.json': disputed,
    [claimPath(claim)]: claim,
    'trust/a/2026-02-01-spot-checked.json': record({ state: 'spot-checked', since: '2026-02-01T00:00:00Z' }),
    'trust/a/2026-03-01-reproduced.json': record({}),
    'trust/c/2026-03-01-disputed.json': record({
      subject: 'c',
      state: 'disputed',
      row_id,
      reason: 'Another prompt.',
    }),
  });
  return {
    row_id,
    board: await readView(open, 'board'),
    history: await readView(open, 'trust'),
    kept: await readView(open, 'recipe_kept'),
  };
}

let made: ReturnType<typeof everything> | null = null;
const all = () => {
  made ??= everything();
  return made;
};

describe('the trust ledger', () => {
  it('lets the latest record of a run count, and keeps its history', async () => {
    const { board, history } = await all();
    const ofRun = history.filter(({ subject }) => subject === 'a');
    expect(ofRun.map(({ step, state, is_current }) => [step, state, is_current])).toEqual([
      [0, 'valid', false],
      [1, 'spot-checked', false],
      [2, 'reproduced', true],
    ]);
    const rows = board.filter(({ run_id }) => run_id === 'a');
    expect(rows.map(({ trust, suspect }) => [trust, suspect])).toEqual([
      ['reproduced', false],
      ['reproduced', false],
    ]);
  });

  it('begins with recomputed where outcomes lie beside a run', async () => {
    expect((await all()).board.find(({ run_id }) => run_id === 'b')?.trust).toBe('recomputed');
  });

  it('takes a disputed value out of means, with its reason, and leaves the others', async () => {
    const { board, row_id, kept } = await all();
    expect(board.filter(({ run_id }) => run_id === 'c').map((row) => [row.is_baseline, row.trust])).toEqual(
      expect.arrayContaining([
        [true, 'valid'],
        [false, 'disputed'],
      ]),
    );
    expect(board.find((row) => row.row_id === row_id)?.suspect_reason).toBe('disputed: Another prompt.');
    expect(kept.map(({ recipe_id, trust }) => `${recipe_id} ${trust}`).sort()).toEqual([
      'fp16 claimed',
      'fp16 valid',
      'omniquant-w3g128 claimed',
      'rtn-w4g64 reproduced',
    ]);
  });

  it('refuses records of nothing, in the wrong place, or called otherwise than they say', async () => {
    const wrong = { ...runs, 'trust/b/2026-03-02-reproduced.json': record({ subject: 'c' }) };
    await expect(database(wrong)).rejects.toThrow(
      /Name a run[\s\S]*trust\/c\/[\s\S]*2026-03-01-reproduced\.json/,
    );
    expect(trustRecordSchema.safeParse({ ...record({}), extra: 1 }).success).toBe(false);
  });

  it('refuses a record that may not follow the one before it', async () => {
    const back = {
      ...runs,
      'trust/a/2026-02-01-withdrawn.json': record({ state: 'withdrawn', since: '2026-02-01T00:00:00Z' }),
      'trust/a/2026-03-01-reproduced.json': record({}),
    };
    await expect(database(back)).rejects.toThrow(
      /2026-03-01-reproduced\.json:\d+ state: found "reproduced"\. After withdrawn comes nothing/,
    );
  });

  it('leads from every state but withdrawn somewhere, and to withdrawn from all', () => {
    for (const state of TRUST_STATES.filter((one) => one !== 'withdrawn'))
      expect(TRUST_TRANSITIONS[state]).toContain('withdrawn');
    expect(TRUST_TRANSITIONS.withdrawn).toEqual([]);
  });
});

describe('claimed rows', () => {
  it('stand on the board as submitted and claimed, against the 16-bit row of their file', async () => {
    const { board } = await all();
    const found = board.find(({ recipe_id }) => recipe_id === 'omniquant-w3g128');
    expect(found).toMatchObject({
      origin: 'submitted',
      trust: 'claimed',
      source_id: 'someone',
      run_id: null,
    });
    // (0.75 − 0.5) / (0.8 − 0.5)
    expect(found?.kept).toBeCloseTo(0.8333, 4);
    expect(found?.note).toBe('Measured with lm-evaluation-harness 0.4.9.');
  });

  it('are refused without a baseline, twice, or out of range', () => {
    const messages = (rows: ClaimedFile['rows']) =>
      claimedFileSchema.safeParse({ ...claim, rows }).error?.issues.map(({ message }) => message);
    const [baseline, compressed] = claim.rows as [ClaimedFile['rows'][0], ClaimedFile['rows'][0]];
    expect(messages([compressed, { ...baseline, shots: 5 }])).toEqual([
      'Add the fp16 row of llama-3-8b on piqa acc, measured the same way',
    ]);
    expect(messages([baseline, baseline])).toEqual(['rows[0] says the same; keep one']);
    expect(messages([baseline, { ...compressed, value: 75 }])).toEqual(['A fraction lies between 0 and 1']);
  });

  it('are refused under another name, and with models, tasks or methods that no catalogue has', async () => {
    const rows = claim.rows.map((one) => ({ ...one, model: 'llama-9', task: 'piqqa' }));
    const strange = {
      ...claim,
      rows: rows.map((one) => ({ ...one, recipe: one.recipe.replace('omni', 'omny') })),
    };
    const wrong = { 'results/someone/x-000000000000.claim.json': strange };
    await expect(database(wrong)).rejects.toThrow(
      /name it so[\s\S]*models\.json[\s\S]*tasks\.json[\s\S]*methods\.json/,
    );
  });
});
