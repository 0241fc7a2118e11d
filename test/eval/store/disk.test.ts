/** Disks and databases that do not do what they should, with real files, file systems and processes. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync, statfsSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { FP16 } from '../../../data/recipe.ts';
import { type FinishedCell, runFileSchema } from '../../../data/schema.ts';
import { cellsOf } from '../../../eval/plan.ts';
import { checkWritable } from '../../../eval/store/files.ts';
import { Store } from '../../../eval/store.ts';
import { dataFolder } from '../../data/data-folder.ts';
import { openStore, placesIn, scratchFolder } from '../pipeline/places.ts';
import { itemsOf, plannedRun } from '../pipeline/samples.ts';

const run = plannedRun();
const items = itemsOf(['a', 'b', 'c'], [0.1, 0.2, 0.3]);
const MIB = 2 ** 20;

const isRoot = process.getuid?.() === 0;
const canMount = isRoot && mountWorks();
if (!canMount)
  console.info('store/disk: file systems of its own need root and mount; those tests are skipped.');

function finished(index: number): FinishedCell {
  const { key, recipe, task, settings } = cellsOf(run)[index]!;
  const name = { cell_key: key, model: 'tiny', recipe, task: task.id, task_version: task.version };
  const metric = { metric: 'acc', unit: 'fraction', value: 0.5, std_error: 0.1, n: 3, paired: null } as const;
  const sizes = { wall_ms: 5, peak_memory_bytes: 6, bits_per_weight: 4.25, size_bytes: 9 };
  return { ...name, settings: { ...settings }, ...sizes, metrics: [metric], items: null, notes: [] };
}

/** A file system in memory, unmounted after the test. */
function mount(options: string): string {
  const folder = scratchFolder();
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]);
  onTestFinished(() => void spawnSync('umount', ['-l', folder]));
  return folder;
}

function mountWorks(): boolean {
  const folder = `/tmp/bitloss-mount-${process.pid}`;
  mkdirSync(folder, { recursive: true });
  const works = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]).status === 0;
  if (works) spawnSync('umount', [folder]);
  rmSync(folder, { recursive: true, force: true });
  return works;
}

describe('a place that cannot be written', () => {
  test('because a part of its path is a file', async () => {
    const folder = scratchFolder();
    writeFileSync(path.join(folder, 'file'), 'x');
    for (const place of ['file', 'file/below']) {
      await expect(checkWritable(path.join(folder, place))).rejects.toMatchObject({
        code: 'store/read-only',
      });
    }
    expect(readFileSync(path.join(folder, 'file'), 'utf8')).toBe('x');
  });

  test.skipIf(isRoot)('because permission is missing', async () => {
    const folder = scratchFolder();
    chmodSync(folder, 0o500);
    await expect(checkWritable(path.join(folder, 'local'))).rejects.toMatchObject({
      code: 'store/read-only',
    });
  });

  test.skipIf(!canMount)('because the file system is read-only', async () => {
    const folder = mount('ro,size=1m');
    await expect(Store.open(placesIn(folder), dataFolder())).rejects.toThrow(
      /the file system is read-only.*Give another place/s,
    );
  });

  test.skipIf(!canMount)('because the disk is full already', async () => {
    const folder = mount('size=64k');
    writeFileSync(path.join(folder, 'filler'), Buffer.alloc(64 * 1024));
    await expect(Store.open(placesIn(folder), dataFolder())).rejects.toMatchObject({
      code: 'store/disk-full',
    });
  });
});

test.skipIf(!canMount)(
  'a disk that fills up in the middle of a run: that cell is told, those before it are safe',
  async () => {
    const folder = mount('size=64m');
    const { store, places, root, begin } = await openStore(placesIn(folder));
    const stored = await begin(run);
    await stored.finish(finished(0), items);
    const filler = path.join(folder, 'filler');
    const { bavail, bsize } = statfsSync(folder);
    expect(bavail * bsize).toBeGreaterThan(MIB);
    writeFileSync(filler, Buffer.alloc(bavail * bsize));
    await expect(stored.finish(finished(1), items)).rejects.toMatchObject({ code: 'store/disk-full' });
    expect(runFileSchema.parse(JSON.parse(readFileSync(stored.file, 'utf8'))).cells).toHaveLength(1);
    rmSync(filler);
    store.close();
    const again = await (await openStore(places, root)).begin(run);
    expect([...again.earlier.values()].map(({ recipe }) => recipe)).toEqual([FP16.method]);
    await again.finish(finished(1), items);
    expect(runFileSchema.parse(JSON.parse(readFileSync(again.file, 'utf8'))).cells).toHaveLength(2);
  },
);

describe('a database', () => {
  test('that another process has open', async () => {
    const places = placesIn(scratchFolder());
    const root = dataFolder();
    const { store, begin } = await openStore(places, root);
    await (await begin(run)).finish(finished(0), items);
    store.close();
    const holder = await holdOpen(places.database);
    await expect(openStore(places, root)).rejects.toThrow(
      new RegExp(`another process \\(PID ${holder}\\) has it open.*Wait until it ends`, 's'),
    );
  });

  test.each([
    ['cut short', (file: string) => truncateSync(file, 20_000)],
    ['overwritten with text', (file: string) => writeFileSync(file, 'hello '.repeat(5000))],
    ['emptied', (file: string) => truncateSync(file, 0)],
  ])('that was %s: a clear error, and the run file brings everything back', async (_, damage) => {
    const places = placesIn(scratchFolder());
    const root = dataFolder();
    const { store, begin } = await openStore(places, root);
    await (await begin(run)).finish(finished(0), items);
    store.close();
    damage(places.database);
    const damaged = readFileSync(places.database);
    await expect(openStore(places, root)).rejects.toMatchObject({ code: 'database/damaged' });
    expect(readFileSync(places.database).equals(damaged)).toBe(true);
    rmSync(places.database);
    rmSync(`${places.database}.wal`, { force: true });
    const again = await openStore(places, root);
    expect((await again.begin(run)).earlier.size).toBe(1);
  });
});

/** Opens a database in a process of its own until the test ends; returns its id. */
async function holdOpen(file: string): Promise<number> {
  const script = `import { openDatabase } from ${JSON.stringify(path.resolve('data/db.ts'))};
    const database = await openDatabase(${JSON.stringify(file)}, { readOnly: false });
    console.log('open');
    setInterval(() => database, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await new Promise((resolve, reject) => {
    child.stdout.once('data', resolve);
    child.once('exit', () => reject(new Error('the other process ended')));
  });
  return child.pid!;
}
