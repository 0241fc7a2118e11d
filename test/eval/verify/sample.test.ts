/** Random items of a run, and what the commands are asked for. */
import { expect, it } from 'vitest';
import { readReproduceOptions, readSpotCheckOptions } from '../../../eval/verify/options.ts';
import { sampleRun } from '../../../eval/verify/sample.ts';
import { runFile } from '../../data/data-folder.ts';

const recipes = ['fp16', ...[8, 4, 3, 2].flatMap((bits) => [`rtn-w${bits}g64`, `gptq-w${bits}g64`])];
const metrics = [{ value: 0.5, n: 1000 }];
const run = runFile(
  'r',
  recipes.flatMap((recipe) =>
    ['world-facts', 'world-typos'].map((task) => ({ recipe, task, metrics, salt: task })),
  ),
);

function sample(fraction: number, seed = 0, whyNot: (recipe: string) => string | null = () => null) {
  const drawn = sampleRun(run, fraction, seed, ({ recipe }) => whyNot(recipe));
  if (!('cells' in drawn)) throw new Error([...drawn.left.keys()].join());
  return drawn;
}

it('takes about the fraction of all items, from a part of the recipes, the same for the same seed', () => {
  const { cells, rows, items } = sample(0.04);
  // √0.04 · 9 recipes = 1.8, so 2; of each task 0.04 · 9 / 2 · 1000 = 180, or one more.
  expect(new Set(cells.map(({ recipe }) => recipe)).size).toBe(2);
  expect(Math.abs(items - 720)).toBeLessThanOrEqual(4);
  for (const chosen of rows.values()) {
    expect(chosen).toEqual([...new Set(chosen)].sort((a, b) => a - b));
    expect(chosen.at(-1)).toBeLessThan(1000);
  }
  expect(sample(0.04)).toEqual(sample(0.04));
  expect(sample(0.04, 1).rows).not.toEqual(rows);
  expect(sample(1).items).toBe(18_000);
});

it('takes one item at least, and tells why cells are left out', () => {
  expect(sample(1e-9).items).toBe(1);
  const { cells, left } = sample(0.5, 0, (recipe) => (recipe.startsWith('gptq') ? 'calibrated' : null));
  expect(cells.some(({ recipe }) => recipe.startsWith('gptq'))).toBe(false);
  expect([...left]).toEqual([['calibrated', 8]]);
  expect(() => sample(0.5, 0, () => 'nothing')).toThrow('nothing');
});

it('reads options with every problem at once', () => {
  const engines = ['onnx', 'cuda'];
  expect(readReproduceOptions(['r', '--handle', 'me', '-n'], engines)).toEqual({
    replacements: { model: null, data: null, engine: null, threads: 0 },
    ...{ handle: 'me', dryRun: true, subject: 'r', dispute: false, reason: null },
  });
  expect(readSpotCheckOptions(['--fraction', '0.02', '--run', 'a,b', '--limit', '5'], engines)).toMatchObject(
    {
      ...{ fraction: 0.02, seed: 0, runs: ['a', 'b'], limitMinutes: 5 },
    },
  );
  const problems = (read: () => unknown) => {
    try {
      return read();
    } catch (error) {
      return (error as Error).message;
    }
  };
  expect([
    problems(() => readReproduceOptions(['--handle', 'Me', '--engine', 'cud', '--dispute'], engines)),
    problems(() => readReproduceOptions(['r', '--nothing'], engines)),
    problems(() => readSpotCheckOptions(['r', '--seed', 'x', '--limit', '0', '--threads', 'all'], engines)),
  ]).toMatchInlineSnapshot(`
    [
      "[reproduce] 3 problems with the arguments:
      - --handle: expected an account name in lower case, got "Me".
      - --engine: unknown engine "cud". Did you mean "cuda"? Known: onnx, cuda.
      - name one run file, run or row, got 0.
     See pnpm eval reproduce --help.",
      "[reproduce] Unknown option '--nothing'. To specify a positional argument starting with a '-', place it at the end of the command after '--', as in '-- "--nothing". See pnpm eval reproduce --help.",
      "[spot-check] 5 problems with the arguments:
      - --threads: expected a whole number, got "all".
      - "r": name runs with --run.
      - --fraction: expected a number above 0, at most 1, got "".
      - --seed: expected a whole number, got "x".
      - --limit: expected minutes, got "0".
     See pnpm eval spot-check --help.",
    ]
  `);
});
