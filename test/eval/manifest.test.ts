import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { manifestSchema } from '../../data/schema.ts';
import { parseArguments } from '../../eval/cli/arguments.ts';
import { rawSettings } from '../../eval/cli/settings.ts';
import { readConfig } from '../../eval/config.ts';
import { describeCode, describeMachine } from '../../eval/machine.ts';
import { commandOf, joinManifests } from '../../eval/manifest.ts';
import { peakMemoryBytes, processPeakBytes, resetPeakMemory } from '../../eval/memory.ts';
import { manifestOf, scratchFolder } from './pipeline/places.ts';
import { calibration, facts, model, plannedRun, recipes } from './pipeline/samples.ts';

const run = plannedRun();
const bases = { root: '/project', cwd: '/project' };

function sweep(raw: object) {
  const config = readConfig({ sweep: { calibration, ...raw } }, bases);
  if ('problems' in config) throw new Error(JSON.stringify(config.problems));
  return config.sweep;
}

describe('a manifest', () => {
  test('holds what the contract asks for', () => {
    const manifest = manifestOf(run, null);
    expect(manifestSchema.parse(manifest)).toEqual(manifest);
    expect(manifest).toMatchObject({
      run_id: run.id,
      code_commit: 'a'.repeat(40),
      code_dirty: false,
      engine: {
        id: 'onnx',
        version: '1.2.3',
        provider: 'cpu',
        settings: { weights_residency_bytes: 2 ** 30 },
      },
      models: [model.manifest],
      datasets: [{ id: 'world', files: [{ name: 'world-text.jsonl' }, { name: 'world-questions.jsonl' }] }],
      calibration: { text: 'world-train', samples: 16, length: 256, mode: 'sequential' },
      seed: 0,
      wall_ms: 1000,
    });
    expect(manifest.peak_memory_bytes).toBeGreaterThan(1e6);
  });

  test('has no calibration and no datasets that were not used', () => {
    const manifest = manifestOf(plannedRun({ recipes: recipes('rtn-w4g64'), tasks: [facts] }), null);
    expect(manifest.calibration).toBeNull();
    expect(manifest.datasets).toHaveLength(1);
    expect(manifest.datasets[0]!.files).toHaveLength(1);
  });

  test('of cells that several runs measured tells all their sessions, once, and the machine of the longest', () => {
    const later = { startedAt: new Date('2026-02-03T00:00:00.000Z') };
    const first = manifestOf(run, null);
    const bigger = {
      ...manifestOf(run, null, later),
      wall_ms: 5000,
      machine: { ...first.machine, cores: 64 },
    };
    const joined = joinManifests([bigger, first, first])!;
    expect(joined).toMatchObject({ created_at: first.created_at, machine: { cores: 64 } });
    expect(joined.settings.sessions).toHaveLength(2);
    expect(joinManifests([])).toBeNull();
    const resumed = manifestOf(run, joined);
    expect(resumed.machine.cores).toBe(64);
    expect(resumed.settings.sessions).toHaveLength(3);
  });

  test('of a resumed run keeps its beginning, adds up times and tells every session with its code', () => {
    const first = manifestOf(run, null);
    const code = { code_commit: 'b'.repeat(40), code_dirty: true };
    const second = manifestOf(run, first, { startedAt: new Date('2026-02-03T00:00:00.000Z'), code });
    expect(second).toMatchObject({ created_at: first.created_at, wall_ms: 2000, ...code });
    expect(second.settings).toMatchObject({
      sessions: [
        { code_commit: 'a'.repeat(40) },
        { code_commit: 'b'.repeat(40), started_at: '2026-02-03T00:00:00.000Z' },
      ],
    });
  });
});

describe('the command that makes a run again', () => {
  test('spells out every list, and other options where they are not the default', () => {
    expect(commandOf(run, sweep({ calibration: {} }))).toBe(
      'pnpm eval --model models/tiny --recipe fp16,rtn-w4g64,gptq-w4g64 --task world-text,world-facts',
    );
  });

  test('is read back as the same sweep', () => {
    const asked = sweep({
      data: "/it's here",
      limit: 5,
      window: 64,
      bos: 'never',
      provider: 'webgpu',
      seed: -3,
      calibration: { text: 'my text.txt', samples: 9, length: 33, mode: 'parallel' },
    });
    const command = commandOf(run, asked);
    // The shell that will read it takes it apart.
    const words = execFileSync('sh', ['-c', `printf '%s\\n' ${command}`], { encoding: 'utf8' })
      .trimEnd()
      .split('\n');
    const config = readConfig(rawSettings(parseArguments(words.slice(2))), bases);
    expect(config).toMatchObject({
      sweep: {
        ...asked,
        models: ['models/tiny'],
        recipes: ['fp16', 'rtn-w4g64', 'gptq-w4g64'],
        tasks: ['world-text', 'world-facts'],
      },
    });
  });

  test('names the revision of a fetched model', () => {
    const manifest = { ...model.manifest, source: 'org/name', revision: 'c'.repeat(40) };
    const fetched = plannedRun({ models: [{ ...model, manifest }] });
    expect(commandOf(fetched, sweep({}))).toContain(`--model org/name@${'c'.repeat(40)} `);
  });
});

describe('the code', () => {
  const git = (cwd: string, ...args: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@example.org', ...args], {
      cwd,
      encoding: 'utf8',
    });

  test('outside a checkout has no commit', async () => {
    expect(await describeCode(scratchFolder())).toEqual({ code_commit: null, code_dirty: false });
  });

  test('has a commit, and is dirty when what computes has changed', async () => {
    const root = scratchFolder();
    git(root, 'init', '-q');
    mkdirSync(path.join(root, 'eval'));
    writeFileSync(path.join(root, 'eval/a.ts'), '1');
    git(root, 'add', '.');
    git(root, 'commit', '-q', '-m', 'one');
    const commit = git(root, 'rev-parse', 'HEAD').trim();
    writeFileSync(path.join(root, 'notes.txt'), 'not code');
    expect(await describeCode(root)).toEqual({ code_commit: commit, code_dirty: false });
    writeFileSync(path.join(root, 'eval/b.ts'), 'new');
    expect(await describeCode(root)).toEqual({ code_commit: commit, code_dirty: true });
    // A folder inside somebody else's checkout does not get that commit.
    expect(await describeCode(path.join(root, 'eval'))).toEqual({ code_commit: null, code_dirty: false });
  });
});

test('the machine is described by itself', async () => {
  const machine = await describeMachine();
  expect(manifestSchema.shape.machine.parse(machine)).toEqual(machine);
  expect(machine.node).toBe(process.version);
});

test('peak memory follows what is held', () => {
  resetPeakMemory();
  const before = peakMemoryBytes();
  const held = Buffer.alloc(200 * 2 ** 20, 1);
  expect(peakMemoryBytes() - before).toBeGreaterThan(100 * 2 ** 20);
  expect(processPeakBytes()).toBeGreaterThanOrEqual(held.length);
});
