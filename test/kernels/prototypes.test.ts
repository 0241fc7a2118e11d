/** kernels/bl.h, the declarations generated from it, and the host references agree. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FUNCTIONS } from '../../eval/engines/cuda/kernels.gen.ts';
import { ROOT } from '../../eval/engines/cuda/sources.ts';
import { GENERATED, generatedTypes, parseConstants, parsePrototypes } from '../../scripts/kernel-types.ts';

const header = readFileSync(join(ROOT, 'kernels/bl.h'), 'utf8');

test('prototypes are read with types and names', () => {
  const text = `/* int bl_no(int x); */ enum bl_kind { BL_A = 0, BL_B = 1 };
    int bl_some(bl_context *ctx, const void *from,
                int64_t N, void **out);
    const char *bl_text(void);`;
  expect(parsePrototypes(text)).toEqual([
    {
      name: 'bl_some',
      result: 'int',
      parameters: [
        ['ctx', 'bl_context *'],
        ['from', 'const void *'],
        ['N', 'int64_t'],
        ['out', 'void **'],
      ],
    },
    { name: 'bl_text', result: 'const char *', parameters: [] },
  ]);
  expect(parseConstants(text)).toEqual([
    ['A', 0],
    ['B', 1],
  ]);
});

test('every line of bl.h that declares a function is understood', () => {
  const declared = [...header.matchAll(/^(?:int|const char \*)\s*(bl_\w+)\(/gm)].map((match) => match[1]);
  expect(declared.length).toBeGreaterThan(60);
  expect(parsePrototypes(header).map(({ name }) => name)).toEqual(declared);
});

test('eval/engines/cuda/kernels.gen.ts is fresh (else: node scripts/kernel-types.ts)', () => {
  expect(readFileSync(GENERATED, 'utf8')).toBe(generatedTypes());
});

test('every host reference has the parameters of its function', () => {
  const functions = Object.values(FUNCTIONS) as { name: string }[];
  const known = new Map(parsePrototypes(header).map((prototype) => [prototype.name, prototype]));
  const files = globSync('kernels/*/reference*.h', { cwd: ROOT });
  const references = files.flatMap((file) => parsePrototypes(readFileSync(join(ROOT, file), 'utf8'), 'blr_'));
  expect(functions.length).toBe(known.size);
  expect(references.length).toBeGreaterThan(4);
  for (const { name, parameters } of references) {
    if (name === 'blr_message') continue;
    const device = known.get(name.replace('blr_', 'bl_'));
    expect(device, `${name} is no function of bl.h`).toBeDefined();
    const expected = device!.parameters
      .filter(([key]) => key !== 'ctx' && key !== 'stream')
      .map(([key, type]) => [key, type === 'bl_ptr' ? 'void *' : type.replace('const ', '')]);
    const found = parameters.map(([key, type]) => [key, type.replace('const ', '')]);
    expect(found, name).toEqual(expected);
  }
});
