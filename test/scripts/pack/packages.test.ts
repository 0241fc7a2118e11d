import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { importedPackages, isNeededFile, packageFolders } from '../../../scripts/pack/packages.ts';

/** Writes files by path and returns their folder. */
function folderWith(files: Readonly<Record<string, string | object>>): string {
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'bitloss-packages-')));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return root;
}

it('packages are found in imports', () => {
  const root = folderWith({
    'a.ts': `import { z } from 'zod';\nimport x from '@scope/name/sub';\nimport fs from 'node:fs';\nconst y = await import('lazy');\n`,
    'b.ts': `import './a.ts';\nimport 'effects';\nconst text = "it came from ";\n`,
  });
  expect(importedPackages(root, ['*.ts'])).toEqual(['@scope/name', 'effects', 'lazy', 'zod']);
});

it('a second version goes below the package that needs it', () => {
  const root = folderWith({
    'node_modules/a/package.json': { dependencies: { b: '1' } },
    'node_modules/b/package.json': { dependencies: { c: '1' }, optionalDependencies: { absent: '1' } },
    'node_modules/c/package.json': {},
    'node_modules/a/node_modules/b/package.json': {},
  });
  const at = (name: string) => path.join(root, name);
  expect([...packageFolders(root, ['b', 'a'])]).toEqual([
    ['node_modules/b', at('node_modules/b')],
    ['node_modules/c', at('node_modules/c')],
    ['node_modules/a', at('node_modules/a')],
    ['node_modules/a/node_modules/b', at('node_modules/a/node_modules/b')],
  ]);
  expect(() => packageFolders(root, ['d'])).toThrow(
    `[pack] d, which ${root} needs, is not installed. Run pnpm install.`,
  );
});

it.each([
  ['zod/v4/index.js', true],
  ['zod/src/index.ts', false],
  ['zod/v4/index.d.cts', false],
  ['zx/README.md', false],
  ['zx/LICENSE', true],
  ['koffi/doc/pages/LICENSE.md', true],
  ['koffi/src/koffi/index.js', true],
  ['koffi/src/koffi/src/call.cc', false],
  ['onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1', true],
  ['onnxruntime-node/bin/napi-v6/linux/arm64/libonnxruntime.so.1', false],
  ['onnxruntime-node/bin/napi-v6/win32/x64/onnxruntime.dll', false],
])('%s is needed: %s', (file, isNeeded) => {
  expect(isNeededFile(file)).toBe(isNeeded);
});
