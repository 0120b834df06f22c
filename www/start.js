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

  async function start() {
    const { default: init } = await import(at(files.js));
    await init({ module_or_path: at(files.wasm) });
  }

  /** How often a page that stays open asks for a new version, in milliseconds. */
  const ASK_EVERY = 60 * 60 * 1000;

  /** A new version waits until the user wants it: the open page never mixes files of two versions. */
  async function keepForOffline() {
    // Storage can be blocked, in private windows and in other sites' frames: then the page needs the network.
    if (!('serviceWorker' in navigator) || !window.isSecureContext) return;
    const container = navigator.serviceWorker;
    const kept = await container.register(at('sw.js'));
    let waiting = null;
    const tell = (worker) => {
      // The very first version is the one that is open.
      if (!worker || !container.controller) return;
      waiting = worker;
      dispatchEvent(new Event('new-version'));
    };
    const watch = (worker) =>
      worker?.addEventListener('statechange', () => worker.state === 'installed' && tell(worker));
    tell(kept.waiting);
    watch(kept.installing);
    kept.addEventListener('updatefound', () => watch(kept.installing));
    addEventListener('use-new-version', () => {
      container.addEventListener('controllerchange', () => location.reload(), { once: true });
      if (waiting) waiting.postMessage('take-over');
      else location.reload();
    });
    let asked = Date.now();
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState !== 'visible' || Date.now() - asked < ASK_EVERY) return;
      asked = Date.now();
      kept.update().catch(() => {});
    });
  }

  start().then(() => keepForOffline().catch((error) => console.info(`not kept for offline use: ${error.message}`)), explain);
})();
