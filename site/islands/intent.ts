/**
 * `client:intent`: hydrates an island at the first sign that someone is there (pointer, key, touch, scroll), or at
 * once where the address carries a state to restore. The static page beneath is complete, so nothing waits for it.
 */
import type { ClientDirective } from 'astro';

const SIGNS = ['pointermove', 'pointerdown', 'keydown', 'touchstart', 'scroll', 'focusin'] as const;

const intent: ClientDirective = (load) => {
  const start = async () => {
    for (const sign of SIGNS) removeEventListener(sign, start);
    const hydrate = await load();
    await hydrate();
  };
  if (location.search.length > 1) {
    void start();
    return;
  }
  for (const sign of SIGNS) addEventListener(sign, start, { once: true, passive: true });
};

export default intent;
