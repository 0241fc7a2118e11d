/// <reference types="astro/client" />

declare namespace Astro {
  interface ClientDirectives {
    /** Hydrate at the reader's first action, or at once where the address carries a state; see islands/intent.ts. */
    'client:intent'?: boolean;
  }
}
