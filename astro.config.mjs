import { dirname, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import react from '@astrojs/react';
import { defineConfig } from 'astro/config';
import { intentDirective, staticComponents } from './site/islands/integrations.ts';
import { databaseFirst } from './site/lib/database-first.ts';
import { browserEngine } from './site/live/engine-plugin.ts';

const data = resolve('data') + sep;

/** data/ finds its SQL and files beside itself, so Node loads it where it lies; it is never bundled. */
const dataStaysOutside = {
  name: 'data-stays-outside',
  enforce: 'pre',
  // While developing, modules run from where they lie anyway.
  apply: 'build',
  resolveId(source, importer) {
    if (importer === undefined || !source.endsWith('.ts')) return null;
    const path = resolve(dirname(importer), source);
    return path.startsWith(data) ? { id: pathToFileURL(path).href, external: true } : null;
  },
};

/** `BITLOSS_BASE=/bitloss/` builds for a sub-folder, `BITLOSS_SITE=https://…` fills in absolute addresses. */
export default defineConfig({
  srcDir: './site',
  publicDir: './site/public',
  outDir: process.env.BITLOSS_OUT ?? './dist',
  base: process.env.BITLOSS_BASE ?? '/',
  ...(process.env.BITLOSS_SITE === undefined ? {} : { site: process.env.BITLOSS_SITE }),
  integrations: [
    databaseFirst(),
    staticComponents(),
    react({ include: ['**/site/islands/*.tsx'] }),
    intentDirective(),
  ],
  // While drawings are made on other threads and files by DuckDB, other pages are written.
  build: { concurrency: 8 },
  // Colours in the code of docs/ would be inline styles of one theme.
  markdown: { syntaxHighlight: false },
  devToolbar: { enabled: false },
  vite: {
    plugins: [dataStaysOutside, browserEngine()],
    // Found in the worker only once it runs; the page would then load again in the middle of a run.
    optimizeDeps: {
      include: ['@huggingface/tokenizers', 'onnx-proto', 'onnxruntime-web/wasm', 'zod'],
      // Found by the scan of all scripts, a native module that no page loads.
      exclude: ['@duckdb/node-api', '@duckdb/node-bindings'],
    },
    worker: { format: 'es', plugins: () => [browserEngine()] },
  },
});
