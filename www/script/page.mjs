// Boards for the page: fetched with the first world that has one with a script, and kept for the time without a network.

import { Board, Image } from "./board.mjs";
import { modules } from "./load.mjs";
import { readSpec, readTurn, writeDoings, writeFailure } from "./wire.mjs";

/// The image that all boards are copies of; it is made once.
let image = null;
/// How often that was tried. A browser remembers that a module could not be fetched.
let tries = 0;

async function fetched(path) {
  const answer = await fetch(new URL(path, import.meta.url));
  if (!answer.ok) throw new Error(`script/${path}: ${answer.status}`);
  return answer;
}

async function make() {
  tries += 1;
  const [{ default: create }, module, files] = await Promise.all([
    import(tries === 1 ? "./micropython.mjs" : `./micropython.mjs?again=${tries}`),
    fetched("micropython.wasm").then(async (answer) => WebAssembly.compile(await answer.arrayBuffer())),
    modules(async (path) => (await fetched(path)).text()),
  ]);
  const made = await Image.boot(create, module, files);
  keep();
  return made;
}

/// Asks the service worker to keep all this. A frame that is allowed nothing has none.
function keep() {
  try {
    navigator.serviceWorker?.ready.then(({ active }) => active?.postMessage("keep-script"));
  } catch {
    // Then it needs the network each time.
  }
}

/// So many boards: each is begun with `reset`, and goes on with `turn`.
export async function boards(count) {
  image ??= make();
  // What has failed for want of a network may succeed the next time.
  image.catch(() => (image = null));
  const ready = await image;
  const made = [];
  for (let index = 0; index < count; index += 1) {
    // The page is drawn in between.
    await new Promise((done) => setTimeout(done));
    const board = await Board.make(ready);
    made.push({
      reset: (text) => board.reset(readSpec(text)),
      turn: (text) => {
        try {
          return writeDoings(board.turn(readTurn(text)));
        } catch (error) {
          return writeFailure(error);
        }
      },
    });
  }
  return made;
}

/// The text of a published library.
export async function read(path) {
  return (await fetched(path)).text();
}
