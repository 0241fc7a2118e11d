/** Puts together what a GPU host without internet needs: Node, packages, sources, data and the built library. */
import { chmodSync, cpSync, existsSync, globSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { $ } from 'zx';
import { importedPackages, isNeededFile, packageFolders } from './packages.ts';

/** Everything that runs there: evaluation, building the library, benchmarks. */
const SOURCES = [
  'eval/**',
  'data/*.ts',
  'data/database/**/*.ts',
  'scripts/bench/**',
  'scripts/{bench,kernels}*.ts',
];
const OTHER_FILES = [
  'LICENSE',
  'package.json',
  'data/*.json',
  'data/{claims,labels,published,tables,tensors,views}/**',
  'kernels/**',
];
/** The engine in the reader's browser, which runs on no GPU host. */
const BROWSER = ['eval/live/**', 'eval/engines/onnx/browser-runtime.ts'];
const NOT_PACKED = ['kernels/build/objects/**', '**/__pycache__/**', '**/*.d.ts', ...BROWSER];

export const ARCHIVE = 'bitloss-gpu.tar.xz';
export const STARTER = 'bitloss-gpu.sh';

export interface PackOptions {
  readonly root: string;
  /** Folder for archive and start script. */
  readonly out: string;
  /** The Node that is packed. */
  readonly node: string;
  /** Names of folders in data/models. */
  readonly models: readonly string[];
  /** Of xz: 0 is fast, 9 is small. */
  readonly level: number;
}

export interface Packed {
  readonly archive: string;
  readonly starter: string;
  /** Bytes of the archive, and of what it unpacks to. */
  readonly packedBytes: number;
  readonly unpackedBytes: number;
  readonly hasLibrary: boolean;
}

/** Needs tar and xz. The archive runs on linux/x64. */
export async function packForGpu(options: PackOptions): Promise<Packed> {
  const { root, out, level } = options;
  const stage = path.join(out, '.stage');
  const top = path.join(stage, 'bitloss');
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(top, { recursive: true });
  copySources(options, top);
  copyPackages(root, top);
  cpSync(options.node, path.join(top, 'node'));
  chmodSync(path.join(top, 'node'), 0o755);
  const unpackedBytes = sizeOf(top);
  const [archive, starter] = [path.join(out, ARCHIVE), path.join(out, STARTER)];
  const packing = $({ quiet: true, env: { ...process.env, XZ_OPT: `-T0 -${level}` } });
  await packing`tar --sort=name --owner=0 --group=0 -cJf ${archive} -C ${stage} bitloss`;
  rmSync(stage, { recursive: true });
  writeFileSync(starter, startScript());
  chmodSync(starter, 0o755);
  const hasLibrary = existsSync(path.join(root, 'kernels/build/libbitloss.so'));
  return { archive, starter, packedBytes: statSync(archive).size, unpackedBytes, hasLibrary };
}

function copySources({ root, models }: PackOptions, top: string): void {
  const chosen = models.map((name) => `data/models/${name}/**`);
  for (const file of globSync([...SOURCES, ...OTHER_FILES, ...chosen], { cwd: root, exclude: NOT_PACKED })) {
    const from = path.join(root, file);
    if (statSync(from).isFile()) copyFile(from, path.join(top, file));
  }
}

function copyPackages(root: string, top: string): void {
  const names = importedPackages(
    root,
    SOURCES.filter((pattern) => pattern.endsWith('.ts')).concat('eval/**/*.ts'),
    BROWSER,
  );
  for (const [target, folder] of packageFolders(root, names)) {
    const name = target.slice(target.lastIndexOf('node_modules/') + 'node_modules/'.length);
    for (const file of globSync('**', { cwd: folder, exclude: ['node_modules/**'] })) {
      const from = path.join(folder, file);
      if (isNeededFile(`${name}/${file}`) && statSync(from).isFile())
        copyFile(from, path.join(top, target, file));
    }
  }
}

function copyFile(from: string, to: string): void {
  mkdirSync(path.dirname(to), { recursive: true });
  cpSync(from, to, { dereference: true });
}

function sizeOf(folder: string): number {
  return globSync('**', { cwd: folder })
    .map((file) => statSync(path.join(folder, file)))
    .reduce((sum, entry) => sum + (entry.isFile() ? entry.size : 0), 0);
}

function startScript(): string {
  return `#!/bin/sh
# Unpacks ${ARCHIVE} beside this file, once, and runs it with the Node in it:
#   ./${STARTER} eval --list        ./${STARTER} kernels        ./${STARTER} bench gpu
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=$here/bitloss
if [ ! -f "$target/.unpacked" ] || [ "$here/${ARCHIVE}" -nt "$target/.unpacked" ]; then
  mkdir -p "$target"
  tar -xJf "$here/${ARCHIVE}" -C "$target" --strip-components=1
  touch "$target/.unpacked"
fi
what=\${1:-}
[ $# -eq 0 ] || shift
case $what in
  eval) exec "$target/node" "$target/eval/cli.ts" "$@" ;;
  kernels | bench) exec "$target/node" "$target/scripts/$what.ts" "$@" ;;
  *) echo "Say eval, kernels or bench: ./${STARTER} eval --list" >&2; exit 2 ;;
esac
`;
}
