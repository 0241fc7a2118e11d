/** Starts the service worker once the page is there, and tells it what this page is made of. */
export function keepForOffline(script: string, scope: string): void {
  if (!('serviceWorker' in navigator) || !isSecureContext) return;
  const { serviceWorker } = navigator;
  const tell = async () => {
    const { active } = await serviceWorker.ready;
    const parts = performance.getEntriesByType('resource').map(({ name }) => name);
    active?.postMessage([location.href, ...parts]);
  };
  const start = async () => {
    try {
      await serviceWorker.register(script, { scope });
      await tell();
    } catch {
      // Where workers are refused, the site needs a network, as it would without one.
    }
  };
  // A new release brings another worker, which has kept nothing yet.
  serviceWorker.addEventListener('controllerchange', () => void tell());
  if (document.readyState === 'complete') void start();
  else addEventListener('load', () => void start(), { once: true });
}
