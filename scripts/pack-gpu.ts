/**
 * `pnpm pack-gpu`: one archive and a start script for a GPU host without internet.
 *
 *     pnpm kernels && pnpm pack-gpu [--out dist-gpu] [--models all|none|NAME,…] [--level 6]
 */
import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { packForGpu, STARTER } from './pack/pack.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const MEBIBYTE = 2 ** 20;

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: 'dist-gpu' },
    models: { type: 'string', default: 'all' },
    level: { type: 'string', default: '6' },
  },
});
if (process.platform !== 'linux' || process.arch !== 'x64') {
  console.error(
    `[pack] this machine is ${process.platform}/${process.arch}. Pack on linux/x64: Node and packages are taken from here.`,
  );
  process.exit(1);
}
const known = readdirSync(path.join(ROOT, 'data/models'));
const models = values.models === 'all' ? known : values.models === 'none' ? [] : values.models.split(',');
const unknown = models.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`[pack] data/models has no ${unknown.join(', ')}. Known: ${known.join(', ')}.`);
  process.exit(2);
}
const out = path.resolve(values.out);
mkdirSync(out, { recursive: true });
const packed = await packForGpu({
  root: ROOT,
  out,
  node: process.execPath,
  models,
  level: Number(values.level),
});
const [small, large] = [packed.packedBytes, packed.unpackedBytes].map((bytes) =>
  (bytes / MEBIBYTE).toFixed(0),
);
console.log(
  `${packed.archive}: ${small} MiB, ${large} MiB unpacked; copy it with ${STARTER} to the GPU host.`,
);
if (!packed.hasLibrary)
  console.log(
    `The kernel library is not built here, so the host needs nvcc: ./${STARTER} kernels there, or pnpm kernels before packing.`,
  );
