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
  const names = (await caches.keys()).filter((name) => name.startsWith(NAME));
  const kept = names.map(async (name) => (await caches.open(name)).match('script/micropython.wasm'));
  return (await Promise.all(kept)).some(Boolean);
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
  // What is not kept now is asked for again the next time.
  if (event.data === 'keep-script') event.waitUntil(keep(FILES.filter(isOfScript)).catch(() => {}));
});

addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  const scope = new URL(registration.scope);
  if (request.method !== 'GET' || url.origin !== scope.origin || !url.pathname.startsWith(scope.pathname)) return;
  const path = url.pathname.slice(scope.pathname.length) || 'index.html';
  const file = FILES.find(([name]) => name === path);
  if (!file) return;
  // What is not kept yet may be of another version by now: then there is none, rather than a mixture.
  const fetched = () => fetch(isOfScript(file) ? new Request(path, { integrity: file[1], cache: 'no-cache' }) : request);
  const answer = async () => {
    const cache = await caches.open(CURRENT);
    return (await cache.match(path)) ?? fetched();
  };
  event.respondWith(answer());
});
