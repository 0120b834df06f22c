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

/** MicroPython: most visits never need it. It is kept when it was used once, and from then on with every version. */
const isOfScript = ([path]) => path.startsWith('script/');
const isAlways = (file) => !isOfScript(file);

/** What is kept under `NAME`, by the names of the versions: a page that is open may be of an older one. */
const kept = async () => (await caches.keys()).filter((name) => name.startsWith(NAME));

async function keep(files) {
  const cache = await caches.open(CURRENT);
  const fetched = files.map(async ([path, integrity]) => {
    if (await cache.match(path)) return;
    const request = new Request(path, { integrity, cache: 'no-cache' });
    const response = await fetch(request);
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    await cache.put(path, plain(response));
  });
  await Promise.all(fetched);
}

/** Hosts send `index.html` to the folder that it is in, and what was sent elsewhere may not answer a navigation. */
function plain(response) {
  const { redirected, body, headers } = response;
  return redirected ? new Response(body, { headers }) : response;
}

/** Whether an older version has kept MicroPython. */
async function hasUsedScript() {
  const found = (await kept()).map(async (name) => (await caches.open(name)).match('script/micropython.wasm'));
  return (await Promise.all(found)).some(Boolean);
}

addEventListener('install', (event) => {
  const install = async () => {
    const files = (await hasUsedScript()) ? FILES : FILES.filter(isAlways);
    // A host that goes back to the version in use brings nothing new, and must not take anything away.
    const isInUse = await caches.has(CURRENT);
    await keep(files).catch(async (error) => {
      if (!isInUse) await caches.delete(CURRENT);
      throw error;
    });
  };
  event.waitUntil(install());
});

// An open page goes on with the version that it began with, whatever another tab has taken since: each version keeps, beside
// its files, the pages that began with it, and goes when the last of them is gone.

const PAGE = 'page-of/';

/** The files that are for this page: those of another version only while that is still kept. */
async function cacheOf(page) {
  const versions = await kept();
  for (const name of versions) {
    const cache = await caches.open(name);
    if (page && (await cache.match(PAGE + page))) return [name, cache];
  }
  return [CURRENT, await caches.open(CURRENT)];
}

async function begin(page) {
  if (page) await (await caches.open(CURRENT)).put(PAGE + page, new Response());
}

/** Clears away what no page needs any more. */
async function clear() {
  const open = (await clients.matchAll({ type: 'all', includeUncontrolled: true })).map(({ id }) => registration.scope + PAGE + id);
  for (const name of await kept()) {
    const cache = await caches.open(name);
    const marks = (await cache.keys()).filter(({ url }) => url.startsWith(registration.scope + PAGE));
    const gone = marks.filter(({ url }) => !open.includes(url));
    await Promise.all(gone.map((mark) => cache.delete(mark)));
    // What has no page yet may be a version that is on its way.
    const isComing = registration.installing || registration.waiting;
    if (gone.length === marks.length && name !== CURRENT && !isComing) await caches.delete(name);
  }
}

addEventListener('activate', (event) => event.waitUntil(clear()));

addEventListener('message', (event) => {
  if (event.data === 'take-over') event.waitUntil(skipWaiting());
  if (event.data === 'begun') event.waitUntil(clear());
  // What is not kept now is asked for again the next time.
  if (event.data === 'keep-script') event.waitUntil(keep(FILES.filter(isOfScript)).catch(() => {}));
});

addEventListener('fetch', (event) => {
  const { request, clientId, resultingClientId } = event;
  const url = new URL(request.url);
  const scope = new URL(registration.scope);
  if (request.method !== 'GET' || url.origin !== scope.origin || !url.pathname.startsWith(scope.pathname)) return;
  const path = url.pathname.slice(scope.pathname.length) || 'index.html';
  const isPage = request.mode === 'navigate';
  const file = FILES.find(([name]) => name === path);
  if (isPage && !file) return;
  // What is not kept yet may be of another version by now: then there is none, rather than a mixture.
  const fetched = (name) => {
    if (!file) return fetch(request);
    if (name !== CURRENT) return Response.error();
    return fetch(isOfScript(file) ? new Request(path, { integrity: file[1], cache: 'no-cache' }) : request);
  };
  const answer = async () => {
    // Where there is no room for the mark, the page gets what the worker in use has.
    if (isPage) await begin(resultingClientId).catch(() => {});
    const [name, cache] = await cacheOf(isPage ? null : clientId);
    return (await cache.match(path)) ?? fetched(name);
  };
  event.respondWith(answer());
});
