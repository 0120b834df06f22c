// What an interpreter is made from, in the page and in Node.js: names of the modules that a board has, and how they come in.

/// The folders on the board and the modules in them.
export const MODULES = {
  "/lib": ["_board", "_gc", "_sys", "dht", "esp", "esp32", "machine", "network", "select", "socket", "ssl", "time"],
  "/lib/umqtt": ["errno", "robust", "robust2", "simple", "simple2"],
};

/// The modules by their paths on the board; `read` gets a path in this folder.
export async function modules(read) {
  const files = {};
  for (const [folder, names] of Object.entries(MODULES)) {
    const from = folder.slice(1).replace("lib/umqtt", "umqtt");
    for (const name of names) files[`${folder}/${name}.py`] = await read(`${from}/${name}.py`);
  }
  return files;
}
