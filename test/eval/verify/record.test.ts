/** Which record may follow which, and where it is written. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Problems } from '../../../data/database/problems.ts';
import { readTrust } from '../../../data/database/trust.ts';
import { TRUST_FILE, type TrustState, trustRecordSchema } from '../../../data/trust-schema.ts';
import { changedInputs, whatDiffers } from '../../../eval/verify/inputs.ts';
import { checkTransition, recordOf, stateOf, writeRecord } from '../../../eval/verify/record.ts';
import { runFile, sha } from '../../data/data-folder.ts';

function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), 'bitloss-trust-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

const { run } = runFile('r', []);
const agreement = {
  ...{ cells: 1, items: 8, items_equal: 8, numbers: 0, numbers_equal: 0, largest_number: null },
  ...{ metrics: 1, metrics_equal: 1, largest_std_errors: 0, noise_floor: 0, floor_source: 'measured' },
};

function record(state: TrustState, day: number, rowId: string | null = null) {
  const words = { who: 'someone', reason: 'It came out again.', command: 'pnpm eval reproduce r' };
  return recordOf(
    { subject: 'r', rowId, state, ...words, agreement, published: run, manifest: run },
    new Date(Date.UTC(2026, 2, day)),
  );
}

it('writes records that the ledger takes, a second one of a day beside the first', async () => {
  const data = folder();
  const names = [
    await writeRecord(data, record('spot-checked', 1)),
    await writeRecord(data, record('spot-checked', 1)),
    await writeRecord(data, record('reproduced', 2)),
  ];
  expect(names).toEqual([
    'trust/r/2026-03-01-spot-checked.json',
    'trust/r/2026-03-01-spot-checked-2.json',
    'trust/r/2026-03-02-reproduced.json',
  ]);
  for (const name of names) {
    expect(path.basename(name)).toMatch(TRUST_FILE);
    const stored = trustRecordSchema.parse(JSON.parse(readFileSync(path.join(data, name), 'utf8')));
    expect(stored.evidence).toMatchObject({
      engine: 'onnx 1 cpu',
      machine: 'x, 2 cores, Node 24',
      agreement,
    });
  }
  const problems = new Problems();
  expect(readTrust(data, new Map([['r', 'recomputed']]), problems)).toHaveLength(3);
  expect(problems.count).toBe(0);
});

it('knows the state from the files and from the latest record, of a row before that of its run', async () => {
  const data = folder();
  const row = 'a'.repeat(16);
  expect([stateOf(data, 'r', null, true), stateOf(data, 'r', row, false)]).toEqual(['recomputed', 'valid']);
  await writeRecord(data, record('spot-checked', 1));
  await writeRecord(data, record('disputed', 2, row));
  expect([stateOf(data, 'r', null, true), stateOf(data, 'r', row, true)]).toEqual([
    'spot-checked',
    'disputed',
  ]);
  await writeRecord(data, record('reproduced', 3));
  expect([stateOf(data, 'r', null, true), stateOf(data, 'r', row, true)]).toEqual(['reproduced', 'disputed']);
  await writeRecord(data, record('withdrawn', 4));
  expect(stateOf(data, 'r', row, true)).toBe('withdrawn');
});

it('refuses transitions that the ledger does not have, and settles no dispute without a reason', () => {
  checkTransition('r', 'recomputed', 'reproduced', null);
  checkTransition('r', 'disputed', 'reproduced', 'The prompt was the same after all.');
  expect(() => checkTransition('r', 'disputed', 'reproduced', null)).toThrow(/--reason TEXT what settled/);
  expect(() => checkTransition('r', 'withdrawn', 'reproduced', null)).toThrow(
    '[verify] r is withdrawn, which reproduced cannot follow. A withdrawn result never comes back.',
  );
  expect(() => checkTransition('r', 'claimed', 'reproduced', null)).toThrow(
    'These can: valid, disputed, withdrawn.',
  );
});

it('names inputs that changed, and what cannot be the same', () => {
  const [model] = run.models;
  const other = {
    ...run,
    models: [{ ...model!, tokenizer_sha256: sha('another') }],
    datasets: [{ id: 'piqa', files: [{ name: 'valid.jsonl', sha256: sha('piqa'), bytes: 1 }] }],
  };
  expect(changedInputs(run, run)).toEqual([]);
  // A part of a run reads less than all of it.
  expect(changedInputs(other, { ...other, datasets: [] })).toEqual([]);
  expect(changedInputs(run, other)).toEqual([
    `tokenizer.json: ${model!.tokenizer_sha256} there, ${sha('another')} here`,
    `valid.jsonl of piqa: nothing there, ${sha('piqa')} here`,
  ]);
  const engine = { id: 'cuda', version: '1', provider: 'cuda-auto', settings: {} };
  const onGpu = { ...run, engine, kernel_library_sha256: sha('kernels'), code_commit: 'a'.repeat(40) };
  expect(whatDiffers({ ...onGpu, machine: { ...run.machine, gpu: 'NVIDIA H200' } }, run)).toEqual([
    'engine: cuda 1 cuda-auto there, onnx 1 cpu here',
    'device: NVIDIA H200 there, x, 2 cores, Node 24 here',
    `code: ${'a'.repeat(40)} there, no commit here`,
  ]);
});
