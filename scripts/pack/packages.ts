/** Which packages sources need at run time, and which of their files. */
import { existsSync, globSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';

const IMPORT = /(?:\bfrom\s*|\bimport\s*\(\s*|^import\s+)'([@a-z][\w./:@-]*)'/gm;

/** Read by install scripts only. */
const NOT_AT_RUN_TIME = new Set(['adm-zip', 'global-agent']);

/** Names of the packages that these sources import, without Node's own modules. */
export function importedPackages(
  root: string,
  patterns: readonly string[],
  exclude: readonly string[] = [],
): readonly string[] {
  const names = globSync([...patterns], { cwd: root, exclude: [...exclude] }).flatMap((file) =>
    [...readFileSync(path.join(root, file), 'utf8').matchAll(IMPORT)].map((match) => packageOf(match[1])),
  );
  return [...new Set(names.filter((name) => !name.startsWith('node:')))].sort();
}

/** `@scope/name/sub/path` → `@scope/name`. */
function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/**
 * Packages with all that they depend on: where each goes below the packed folder → where it is now. A package is placed
 * at the top, or below the one that needs it where another version is there already.
 * @throws where one that is not optional is not installed
 */
export function packageFolders(root: string, names: readonly string[]): ReadonlyMap<string, string> {
  const placed = new Map<string, string>();
  const place = (name: string, from: string, parent: string, isOptional: boolean) => {
    const folder = findPackage(name, from);
    if (folder === null) {
      if (isOptional) return;
      throw new Error(`[pack] ${name}, which ${from} needs, is not installed. Run pnpm install.`);
    }
    const top = `node_modules/${name}`;
    const isTaken = placed.has(top) && placed.get(top) !== folder;
    const target = isTaken ? `${parent}/node_modules/${name}` : top;
    if (placed.has(target)) return;
    placed.set(target, folder);
    const { dependencies = {}, optionalDependencies = {} } = manifestOf(folder);
    for (const needed of Object.keys({ ...dependencies, ...optionalDependencies }))
      if (!NOT_AT_RUN_TIME.has(needed)) place(needed, folder, target, needed in optionalDependencies);
  };
  for (const name of names) place(name, root, '', false);
  return placed;
}

interface PackageManifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

function manifestOf(folder: string): PackageManifest {
  return JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as PackageManifest;
}

/** The folder that Node would take for a package, with links followed; null where there is none. */
function findPackage(name: string, from: string): string | null {
  for (let folder = from; ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, 'node_modules', name);
    if (existsSync(path.join(candidate, 'package.json'))) return realpathSync(candidate);
    if (folder === path.dirname(folder)) return null;
  }
}

/** Types, sources, maps and texts that nothing reads; licences stay. */
const NEEDLESS = [
  /\.(map|md|markdown|ts|mts|cts)$/,
  /(^|\/)(docs?|tests?|examples?|\.github)\//,
  /^zod\/src\//,
  /^protobufjs\/(cli|dist)\//,
  /^koffi\/vendor\//,
  /^koffi\/src\/.*\.(cc|hh|h|c|S|asm|txt|inc)$/,
  /^@huggingface\/hub\/dist\/browser\//,
  // Other systems and processors than linux/x64.
  /^onnxruntime-node\/bin\/napi-v\d+\/(?!linux\/x64\/)/,
];

/** @param file  package name and path below its folder: `zod/v4/index.js` */
export function isNeededFile(file: string): boolean {
  return /(^|\/)(licen[cs]e|notice)[^/]*$/i.test(file) || !NEEDLESS.some((pattern) => pattern.test(file));
}
