/**
 * Keeps what a reader has visited for when there is no network. With a network every page comes from it, so that no reader
 * sees an older release; only files whose name holds a hash of their content are taken from the cache first. A new release
 * is another version, which drops everything that an older one kept.
 *
 * Before this text stands `const RELEASE = { version, base }`, see `source.ts`. It runs as it is: no bundler, no types.
 */
const { version, base } = RELEASE;
/** Another site on this host has caches of its own. */
const OURS = `bitloss ${base} `;
const CACHE = OURS + version;

const KEPT_TYPES = /^(text\/(html|css|javascript)|application\/(javascript|json)|image\/)/;

self.addEventListener('install', (event) => {
  event.waitUntil(keep([base]));
  self.skipWaiting();
});

self.addEventListener('activate', (event) => event.waitUntil(dropOlder()));

// The first page is there before this worker is, and tells what it was made of.
self.addEventListener('message', (event) => event.waitUntil(keep(event.data)));

self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || request.headers.has('range') || !isOurs(request.url)) return;
  event.respondWith(isPermanent(request.url) ? keptFirst(event) : networkFirst(event));
});

function isOurs(address) {
  const { origin, pathname } = new URL(address);
  return origin === location.origin && pathname.startsWith(base);
}

/** Whether other content would have another name. */
function isPermanent(address) {
  const path = new URL(address).pathname.slice(base.length);
  return path.startsWith('_astro/') || /\.[0-9a-f]{12}\./.test(path);
}

/** Downloads are the reader's to keep. */
function isKept(address, response) {
  if (!response.ok || response.redirected) return false;
  if (isPermanent(address)) return true;
  const type = response.headers.get('content-type') ?? '';
  const isDownload = new URL(address).pathname.startsWith(`${base}data/`) && !type.startsWith('text/html');
  return KEPT_TYPES.test(type) && !isDownload;
}

async function keptFirst(event) {
  // Whoever asks past every cache has found the kept copy to be damaged.
  if (event.request.cache === 'reload') return fetchAndKeep(event);
  const kept = await (await caches.open(CACHE)).match(event.request);
  return kept ?? fetchAndKeep(event);
}

async function networkFirst(event) {
  const { request } = event;
  try {
    return await fetchAndKeep(event);
  } catch (error) {
    const isPage = request.mode === 'navigate';
    // The state of a page is in its query, and no other page is behind it.
    const kept = await (await caches.open(CACHE)).match(request, { ignoreSearch: isPage });
    if (kept !== undefined) return kept;
    if (isPage) return offlinePage();
    throw error;
  }
}

async function fetchAndKeep(event) {
  const { request } = event;
  const response = await fetch(request);
  if (isKept(request.url, response)) {
    const copy = response.clone();
    event.waitUntil(store(request, copy));
  }
  return response;
}

async function store(request, response) {
  // The worker of a newer release has dropped this cache already; storing would bring it back.
  if (self.serviceWorker?.state === 'redundant') return;
  try {
    await (await caches.open(CACHE)).put(withoutQuery(request), response);
  } catch {
    // Where storage is full or refused, the site works as it does without this worker.
  }
}

function withoutQuery(request) {
  const address = new URL(request.url ?? request, location.href);
  address.search = '';
  address.hash = '';
  return address.href;
}

async function keep(addresses) {
  const cache = await caches.open(CACHE);
  const missing = [];
  for (const address of addresses.map(withoutQuery).filter(isOurs))
    if ((await cache.match(address)) === undefined) missing.push(address);
  await Promise.allSettled(
    missing.map(async (address) => {
      const response = await fetch(address);
      if (isKept(address, response)) await store(address, response);
    }),
  );
}

async function dropOlder() {
  const names = await caches.keys();
  await Promise.all(
    names.filter((name) => name.startsWith(OURS) && name !== CACHE).map((name) => caches.delete(name)),
  );
}

/** What can be read instead of a page that was never visited. */
async function offlinePage() {
  const kept = await (await caches.open(CACHE)).keys();
  const pages = kept.map(({ url }) => new URL(url).pathname).filter((path) => path.endsWith('/'));
  const links = pages.sort().map((path) => `<li><a href="${path}">${path}</a></li>`);
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>Offline · Bitloss</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem}</style>
<h1>Offline</h1><p>There is no network, and this page was not visited before. These were:</p><ul>${links.join('')}</ul></html>`;
  return new Response(html, { status: 503, headers: { 'content-type': 'text/html; charset=utf-8' } });
}
