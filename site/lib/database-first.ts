import type { AstroIntegration } from 'astro';

/** The database is built, and its views computed, on threads that bundling leaves idle. */
export function databaseFirst(): AstroIntegration {
  return {
    name: 'database-first',
    hooks: {
      'astro:build:start': async () => {
        const { readyDatabase } = await import('../../data/ready-database.ts');
        // The page that asks for rows tells what is wrong.
        readyDatabase().catch(() => undefined);
      },
    },
  };
}
