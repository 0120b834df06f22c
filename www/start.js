// Starts the app, and keeps the page for the time without a network. The page's policy forbids scripts inside of it, so
// the names of the files that belong together stand in a template that the build writes (Trunk.toml).

(() => {
  const files = document.getElementById('app-files').dataset;
  const isGerman = () => /^de\b/i.test(navigator.language ?? '');
  const at = (name) => new URL(name, document.baseURI).href;

  /** Says in the place of the app why there is none. */
  function explain(error) {
    console.error(error);
    const place = document.querySelector('#app .boot');
    if (!place) return;
    const isFramed = window.top !== window;
    const texts = isGerman()
      ? [
          'Der Playground ist nicht gestartet. Neu laden hilft, wenn das Netz weg war.',
          'Er braucht einen Browser mit WebAssembly.',
          isFramed
            ? 'Diese Seite steckt in einer anderen: Erlaubt die ihr nichts (sandbox ohne allow-same-origin), dann muss der Server „Access-Control-Allow-Origin: *“ senden. In einem eigenen Fenster geht es immer.'
            : '',
        ]
      : [
          'The playground did not start. If the network was away, load the page again.',
          'It needs a browser with WebAssembly.',
          isFramed
            ? 'This page is inside another one: if that one allows it nothing (sandbox without allow-same-origin), the server has to send “Access-Control-Allow-Origin: *”. In a window of its own it always works.'
            : '',
        ];
    place.textContent = [...texts, `(${error?.message ?? error})`].filter(Boolean).join(' ');
  }

  // Parts of the page that are fetched when somebody needs them. A browser remembers that a module could not be fetched: it
  // is asked for by another address the next time.
  const failed = new Map();
  window.mqttPlayground = {
    part: (name) => {
      const times = failed.get(name) ?? 0;
      return import(times === 0 ? at(name) : `${at(name)}?again=${times}`).catch((error) => {
        failed.set(name, times + 1);
        throw error;
      });
    },
  };

  /** Whether a service worker answers for the files of this page. A frame that is allowed nothing may not even ask. */
  function isKept() {
    try {
      return Boolean(navigator.serviceWorker?.controller);
    } catch {
      return false;
    }
  }

  async function start() {
    const isOnStartPage = /^(#\/?|#\/lessons)?$/.test(location.hash);
    // Whoever comes by a link can land anywhere, and gets both parts at once. So does who has been here before: both are kept
    // then, and without a network a request that is waited for would not be answered.
    const late = isOnStartPage && !isKept() ? null : compileLate().catch(() => null);
    const { default: init } = await import(at(files.js));
    compiled = await late;
    return init({ module_or_path: at(files.wasm) });
  }

  // What the first step does without is a module of its own, which is fetched when the page can be used. Code that needs it
  // sooner asks for it and waits: a page without its late part is slower, never another one.
  let isComplete = !files.late;
  /** The late part, if it is there and not yet put to the first. */
  let compiled = null;
  async function compileLate() {
    if (!files.late) return null;
    const response = await fetch(at(files.late));
    if (!response.ok) throw new Error(`${files.late}: ${response.status}`);
    return WebAssembly.compile(await response.arrayBuffer());
  }

  function complete(module, first) {
    if (isComplete) return;
    new WebAssembly.Instance(module, { first });
    isComplete = true;
  }

  /** How long to wait before the late part is asked for again, in milliseconds. */
  const LATE_AGAIN = [1000, 5000, 20_000];

  async function fetchLate(first) {
    for (let tries = 0; !isComplete; tries++) {
      try {
        complete(compiled ?? (await compileLate()), first);
      } catch (error) {
        console.info(`the late part of the page is not there yet: ${error.message}`);
        await new Promise((done) => setTimeout(done, LATE_AGAIN[Math.min(tries, LATE_AGAIN.length - 1)]));
      }
    }
  }

  /** Called by the app in the middle of its work, which cannot wait for a promise. */
  globalThis.loadLate = (first) => {
    try {
      complete(compiled ?? new WebAssembly.Module(fetchNow(at(files.late))), first);
    } catch (error) {
      sayIncomplete(error);
      throw error;
    }
  };

  /** The bytes of a file, while everything waits. */
  function fetchNow(address) {
    const request = new XMLHttpRequest();
    request.open('GET', address, false);
    // A request that is waited for gives text only: of this kind, each letter's lower byte is a byte.
    request.overrideMimeType('text/plain; charset=x-user-defined');
    request.send();
    if (request.status !== 200) throw new Error(`${address}: ${request.status}`);
    return Uint8Array.from(request.responseText, (letter) => letter.charCodeAt(0) & 0xff);
  }

  /** Says over the app that it cannot go on, and what can be done then: texts with what they do. */
  function sayOver(text, deeds = []) {
    if (document.querySelector('.incomplete')) return;
    const bar = document.createElement('p');
    bar.className = 'boot incomplete';
    bar.setAttribute('role', 'alert');
    bar.textContent = text;
    for (const [name, onclick] of deeds) {
      const button = Object.assign(document.createElement('button'), { className: 'btn', textContent: name, onclick });
      bar.append(' ', button);
    }
    document.body.prepend(bar);
  }

  const sayIncomplete = ({ message }) =>
    sayOver(
      isGerman()
        ? `Ein Teil des Playgrounds konnte nicht geladen werden (${message}). Die Arbeit ist aufgehoben: Neu laden, sobald das Netz wieder da ist.`
        : `A part of the playground could not be loaded (${message}). What you made is kept: load the page again when the network is back.`,
    );

  // What fails inside of the WebAssembly ends it: it would answer nothing any more, and nobody would know why.
  const end = ({ error, reason }) => {
    const { message, stack } = error ?? reason ?? {};
    if (!/wasm-function/.test(stack)) return;
    const home = () => {
      location.hash = '#/';
      location.reload();
    };
    const text = isGerman()
      ? [`Der Playground ist abgestürzt (${message}). Was bis dahin aufgehoben war, ist nach dem Laden wieder da.`, 'Neu laden', 'Mit der Startseite laden']
      : [`The playground has crashed (${message}). What was kept until then is there again when it is loaded.`, 'Reload', 'Load the start page'];
    sayOver(text[0], [[text[1], () => location.reload()], [text[2], home]]);
  };
  addEventListener('error', end);
  addEventListener('unhandledrejection', end);

  /** How often a page that stays open asks for a new version, in milliseconds. */
  const ASK_EVERY = 60 * 60 * 1000;

  /** A new version waits until the user wants it, and what one tab wants is not what the others do: see sw.js. */
  async function keepForOffline() {
    // Storage can be blocked, in private windows and in other sites' frames: then the page needs the network.
    if (!('serviceWorker' in navigator) || !window.isSecureContext) return;
    const container = navigator.serviceWorker;
    const kept = await container.register(at('sw.js'));
    let isWanted = false;
    const tell = () => dispatchEvent(new Event('new-version'));
    // The very first version is the one that is open.
    const told = (worker) => worker?.state === 'installed' && container.controller && tell();
    const watch = (worker) => worker?.addEventListener('statechange', () => told(worker));
    told(kept.waiting);
    watch(kept.installing);
    kept.addEventListener('updatefound', () => watch(kept.installing));
    // Another tab may have taken it.
    container.addEventListener('controllerchange', () => (isWanted ? location.reload() : tell()));
    addEventListener('use-new-version', () => {
      isWanted = true;
      if (kept.waiting) kept.waiting.postMessage('take-over');
      else location.reload();
    });
    container.controller?.postMessage('begun');
    let asked = Date.now();
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState !== 'visible' || Date.now() - asked < ASK_EVERY) return;
      asked = Date.now();
      kept.update().catch(() => {});
    });
  }

  /** When the browser has nothing else to do, and the first picture is there. */
  const idle = () => new Promise((done) => (window.requestIdleCallback ?? setTimeout)(done, { timeout: 2000 }));

  start().then(async (first) => {
    await idle();
    // First what this visit needs, then what the next one does.
    await fetchLate(first);
    await keepForOffline().catch((error) => console.info(`not kept for offline use: ${error.message}`));
  }, explain);
})();
