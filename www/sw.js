// Keeps one whole version of the page, so that it works without a network. The build fills in the two constants
// (`cargo xtask finish`): every file with the hash of its contents, and a name for all of them together.
//
// A version is installed whole or not at all: the browser refuses a file whose contents are not the ones meant, as on a
// host where half of a new version has arrived. It is used when no page of the old one is open, or when the user says so.

const VERSION = '';
/** Path beside this file, and the hash as in the attribute `integrity`. */
const FILES = [];

// Several playgrounds can live on one host, in folders of their own.
const NAME = `mqtt-playground ${registration.scope} `;
const CURRENT = NAME + VERSION;

addEventListener('install', (event) => {
  const keep = async () => {
    const cache = await caches.open(CURRENT);
    const fetched = FILES.map(async ([path, integrity]) => {
      const request = new Request(path, { integrity, cache: 'no-cache' });
      const response = await fetch(request);
      if (!response.ok) throw new Error(`${path}: ${response.status}`);
      await cache.put(path, response);
    });
    await Promise.all(fetched).catch(async (error) => {
      await caches.delete(CURRENT);
      throw error;
    });
  };
  event.waitUntil(keep());
});

addEventListener('activate', (event) => {
  const clear = async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith(NAME) && name !== CURRENT) await caches.delete(name);
    }
  };
  event.waitUntil(clear());
});

addEventListener('message', (event) => {
  if (event.data === 'take-over') event.waitUntil(skipWaiting());
});

addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  const scope = new URL(registration.scope);
  if (request.method !== 'GET' || url.origin !== scope.origin || !url.pathname.startsWith(scope.pathname)) return;
  const path = url.pathname.slice(scope.pathname.length) || 'index.html';
  if (!FILES.some(([file]) => file === path)) return;
  const answer = async () => {
    const cache = await caches.open(CURRENT);
    return (await cache.match(path)) ?? fetch(request);
  };
  event.respondWith(answer());
});
