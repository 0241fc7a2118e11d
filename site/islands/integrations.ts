/** How Astro treats components of React: as text where no script touches them, else as islands that wait for the reader. */
import { fileURLToPath } from 'node:url';
import type { AstroIntegration } from 'astro';

const fileOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Teaches Astro `client:intent`: an island that costs nothing until the reader does something. */
export function intentDirective(): AstroIntegration {
  return {
    name: 'client:intent',
    hooks: {
      'astro:config:setup': ({ addClientDirective }) => {
        addClientDirective({ name: 'intent', entrypoint: fileOf('./intent.ts') });
      },
    },
  };
}

/** Components without a directive become text many times as fast as React makes it; goes before React. */
export function staticComponents(): AstroIntegration {
  return {
    name: 'static-components',
    hooks: {
      'astro:config:setup': ({ addRenderer }) => {
        addRenderer({ name: 'static-markup', serverEntrypoint: fileOf('./static-renderer.ts') });
      },
    },
  };
}
