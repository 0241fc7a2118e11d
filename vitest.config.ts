import { defineConfig } from 'vitest/config';

/**
 * Four tiers by suffix: `*.test.ts` needs nothing, `*.native.test.ts` runs onnxruntime on the CPU, `*.browser.test.ts`
 * drives Chromium, `*.gpu.test.ts` needs a GPU (`pnpm test:gpu`).
 */
const tier = (
  name: string,
  options: { suffix: string; exclude?: string[]; timeout: number; setup?: string; isolate?: boolean },
) => ({
  test: {
    name,
    include: [`test/**/*${options.suffix}.test.ts`],
    exclude: options.exclude ?? [],
    globalSetup: ['test/temporary-root.ts', ...(options.setup === undefined ? [] : [options.setup])],
    isolate: options.isolate ?? true,
    testTimeout: options.timeout,
    hookTimeout: Math.max(options.timeout, 30_000),
  },
});

const suffixed = ['native', 'browser', 'gpu'];

export default defineConfig({
  test: {
    reporters: ['default', './scripts/closing-line.ts'],
    // Two cores are the machine this suite is planned for.
    maxWorkers: 2,
    projects: [
      tier('unit', {
        suffix: '',
        exclude: suffixed.map((name) => `test/**/*.${name}.test.ts`),
        timeout: 20_000,
        // Files share a process and the modules they import, which otherwise take as long as the tests.
        isolate: false,
      }),
      tier('native', {
        suffix: '.native',
        timeout: 120_000,
        setup: 'test/eval/pipeline/built-database.ts',
      }),
      tier('browser', { suffix: '.browser', timeout: 60_000 }),
      tier('gpu', { suffix: '.gpu', timeout: 300_000 }),
    ],
  },
});
