import react from '@astrojs/react';
import { defineConfig } from 'astro/config';
import { intentDirective } from './site/islands/intent-integration.ts';

/** `BITLOSS_BASE=/bitloss/` builds for a sub-folder, `BITLOSS_SITE=https://…` fills in absolute addresses. */
export default defineConfig({
  srcDir: './site',
  publicDir: './site/public',
  outDir: './dist',
  base: process.env.BITLOSS_BASE ?? '/',
  ...(process.env.BITLOSS_SITE === undefined ? {} : { site: process.env.BITLOSS_SITE }),
  integrations: [react({ include: ['**/site/islands/*.tsx'] }), intentDirective()],
  devToolbar: { enabled: false },
  vite: {
    // DuckDB is a native library: Node loads it, the bundler must not touch it.
    ssr: { external: ['@duckdb/node-api'] },
  },
});
